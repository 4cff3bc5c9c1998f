"""What MongoDB itself checks of each document that is written: a `$jsonSchema` made of `casestream.stored`.

It warns, in the server's log, and refuses nothing, until an operator sets `validationAction: "error"`. Fields that are
not described are let through: a later version may write them.

Of a post it checks only that every field is there. To check the fields' types, too, takes a server two thirds longer
than to store the post; `manage.py check` does that.
"""

import logging
from collections.abc import Mapping
from typing import Any

from pymongo.database import Database

from casestream.fields import Collection, Field, Type
from casestream.stored import BATCHES, COVERAGE, DEAD_LETTERS, MICRO_BATCHES, REMOVALS

log = logging.getLogger(__name__)

VALIDATED = (MICRO_BATCHES, BATCHES, DEAD_LETTERS, REMOVALS, COVERAGE)
_BSON = {
    Type.STRING: ["string"],
    Type.INTEGER: ["int", "long"],
    Type.DOUBLE: ["double", "int", "long"],
    Type.BOOLEAN: ["bool"],
    Type.DATE: ["date"],
    Type.BINARY: ["binData"],
    Type.STRINGS: ["array"],
    Type.OBJECT: ["object"],
    Type.OBJECTS: ["array"],
}


def json_schema(collection: Collection) -> dict[str, Any]:
    """The collection's documents as https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/ has it."""
    return _object(collection.fields)


def ensure_validators(database: Database[dict[str, Any]], stored: Mapping[str, Mapping[str, Any]]) -> None:
    """Give each collection the validator of this version; whether it warns or refuses stays as an operator set it.

    stored: what `listCollections` says, by name. Raises pymongo's errors.
    """
    for collection in VALIDATED:
        options = stored.get(collection.name, {}).get("options", {})
        validator = {"$jsonSchema": json_schema(collection)}
        if options.get("validator") == validator:
            continue
        action = options.get("validationAction", "warn") if options.get("validator") else "warn"
        database.command(
            "collMod", collection.name, validator=validator, validationLevel="strict", validationAction=action
        )
        log.info("validator set collection=%s.%s action=%s", database.name, collection.name, action)


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        "bsonType": ["object"],
        "required": [field.name for field in fields if not field.optional],
        "properties": {field.name: _property(field) for field in fields},
    }


def _property(field: Field) -> dict[str, Any]:
    null = ["null"] if field.null else []
    rule: dict[str, Any] = {"bsonType": [*_BSON[field.type], *null]}
    if field.type == Type.STRINGS:
        rule["items"] = {"bsonType": ["string"], **({"enum": list(field.values)} if field.values else {})}
    elif field.values:
        rule["enum"] = [*field.values, *([None] if field.null else [])]
    if field.type == Type.OBJECTS:
        rule["items"] = {"bsonType": ["object"]} | _names(field.fields)
    if field.type == Type.OBJECT and field.fields:
        rule |= _object(field.fields) | {"bsonType": rule["bsonType"]}
    return rule


def _names(fields: tuple[Field, ...]) -> dict[str, Any]:
    names = [field.name for field in fields if not field.optional]
    return {"required": names} if names else {}
