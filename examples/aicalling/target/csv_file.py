"""Reads the CSV file of an upload: from a form (multipart/form-data) or as the body itself.

Rules: pure. A file as a whole that cannot be taken is a ValueError of one sentence; a row that cannot is the import's.
"""

from __future__ import annotations

import csv
import io
import re
from email.parser import BytesParser
from email.policy import HTTP

__all__ = ["MOST_ROWS", "check_row", "file_of", "rows_of"]

MOST_ROWS = 10_000
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


def file_of(content_type: str, body: bytes) -> tuple[str, bytes]:
    """Name and content of the uploaded file: the form's field `file`, or the body if that is text/csv."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/csv":
        return "upload.csv", body
    if kind != "multipart/form-data":
        raise ValueError("send the file as text/csv, or as the field file of a multipart/form-data form")
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
    form = BytesParser(policy=HTTP).parsebytes(head + body)
    for part in form.iter_parts():
        if part.get_param("name", header="content-disposition") == "file":
            content = part.get_payload(decode=True)
            return part.get_filename() or "upload.csv", content if isinstance(content, bytes) else b""
    raise ValueError("the form has no field file")


def rows_of(content: bytes) -> list[tuple[str, str]]:
    """Name and phone of each row below the header, as they are."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the file must be UTF-8") from None
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [cell.strip().lower() for cell in next(lines, [])]
        if not {"name", "phone"} <= set(header):
            raise ValueError("the file's first line must have the columns name and phone")
        name, phone = header.index("name"), header.index("phone")
        rows = [(_cell(line, name), _cell(line, phone)) for line in lines if line]
    except csv.Error as error:
        raise ValueError(f"this is no CSV file: {error}") from None
    if not rows:
        raise ValueError("the file has no rows")
    if len(rows) > MOST_ROWS:
        raise ValueError(f"a file may have {MOST_ROWS:,} rows, this one has {len(rows):,}")
    return rows


def check_row(row: tuple[str, str]) -> str:
    """What is wrong with a row; empty if nothing is."""
    name, phone = row
    if not name:
        return "no name"
    return "" if _PHONE.fullmatch(phone) else f"{phone or 'nothing'} is no phone number"


def _cell(line: list[str], at: int) -> str:
    return line[at].strip() if at < len(line) else ""
