"""Files of therapists, patients, placement requests and postal codes, read row by row."""

from boona_adapters.imports.files import FileChanged, FileRefused, OpenedFile, open_bytes, open_file
from boona_adapters.imports.postal_codes import postal_codes_in, read_postal_codes

__all__ = [
    "FileChanged",
    "FileRefused",
    "OpenedFile",
    "open_bytes",
    "open_file",
    "postal_codes_in",
    "read_postal_codes",
]
