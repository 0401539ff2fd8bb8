"""What all tables share: how Python types are stored."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Date, DateTime, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Declarative base; every table lives in the schema of the connection's search path."""

    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        date: Date(),
        str: Text(),
        bytes: LargeBinary(),
        uuid.UUID: Uuid(),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(),
    }
