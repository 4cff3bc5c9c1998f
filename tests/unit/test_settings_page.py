"""What the documentation says of the settings is what the code says."""

from docs.make_settings import PAGE, page


def test_the_page_of_settings_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text() == page(), "run: python -m docs.make_settings"
