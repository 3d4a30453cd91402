from desk import desk
from page_fixtures import browser_type_launch_args, http, origins, the_book_is_built

__all__ = ["browser_type_launch_args", "desk", "http", "origins", "the_book_is_built"]
