"""Files of therapists, patients and placement requests, read row by row."""

from boona_adapters.imports.files import FileChanged, FileRefused, OpenedFile, open_file

__all__ = ["FileChanged", "FileRefused", "OpenedFile", "open_file"]
