"""The last good case count: memory first, MongoDB behind it."""
