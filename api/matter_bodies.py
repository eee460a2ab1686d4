"""What a new matter comes with: the body of a report, and the place in it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.addresses import AddressText
from api.inputs import Body, Code, Finite, Instant, Lines, Text
from api.locate import Accuracy, Crs
from gis.coordinates import parse_crs
from gis.intake import (
    AddressGiven,
    CodeGiven,
    Contact,
    NewMatter,
    Origin,
    PlaceGiven,
    PointGiven,
    Thing,
    read_qr,
)
from gis.matters import Channel

QrText = Annotated[Text, Field(min_length=1, max_length=300)]


# ---- what comes in ------------------------------------------------------------------------------


class PointIn(Body):
    """A place as numbers, with the system they are in; it is never guessed."""

    lon: Finite
    lat: Finite
    crs: Crs
    accuracy_m: Accuracy | None = Field(None, description="radius of the error disc in metres")
    origin: Origin = Origin.OTHER


class MatterPlaceIn(Body):
    """Exactly one of a point, a building's code, a QR sticker's text and an address."""

    point: PointIn | None = None
    building: Code | None = None
    address: AddressText | None = Field(None, description="as people write it")
    qr: QrText | None = Field(
        None, description="as read: B:, G: or F: and the code of a building, grid or facility"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.point, self.building, self.qr, self.address)) != 1:
            raise PydanticCustomError("one_place", "one place")
        return self

    def to_domain(self) -> PlaceGiven:
        if self.point is not None:
            one = self.point
            return PointGiven(one.lon, one.lat, parse_crs(one.crs), one.origin, one.accuracy_m)
        if self.building is not None:
            return CodeGiven(Thing.BUILDING, self.building)
        if self.address is not None:
            return AddressGiven(self.address)
        return read_qr(self.qr or "")


class ContactIn(Body):
    """How to reach whoever reports it: sealed at once, shown in no list."""

    name: Annotated[Text, Field(max_length=100)] = ""
    phone: Annotated[Text, Field(max_length=40)] = ""


class MatterIn(Body):
    """A matter as somebody reports it. Only the text and the channel are needed."""

    text: Annotated[Lines, Field(min_length=1, max_length=2000)]
    channel: Channel
    category: Code | None = None
    urgent: bool = False
    place: MatterPlaceIn | None = None
    contact: ContactIn | None = None
    observed_at: Instant | None = Field(None, description="when it was seen; now if not given")
    outer_no: Annotated[Text, Field(min_length=1, max_length=100)] | None = Field(
        None, description="its number where it comes from, such as the hotline's"
    )
    due_at: Instant | None = Field(
        None, description="the due date set by the hotline or from above; it never moves"
    )

    model_config = Body.model_config | {
        "json_schema_extra": {
            "examples": [
                {
                    "text": "3幢楼下暴露垃圾",
                    "channel": "patrol",
                    "category": "E0201",
                    "place": {
                        "point": {
                            "lon": 106.5629,
                            "lat": 29.561,
                            "crs": "wgs84",
                            "accuracy_m": 8,
                            "origin": "gps",
                        }
                    },
                }
            ]
        }
    }

    def to_domain(self) -> NewMatter:
        contact = self.contact
        return NewMatter(
            text=self.text,
            channel=self.channel,
            category=self.category,
            urgent=self.urgent,
            place=self.place.to_domain() if self.place else None,
            contact=Contact(contact.name, contact.phone)
            if contact and (contact.name or contact.phone)
            else None,
            observed_at=self.observed_at,
            outer_no=self.outer_no,
            due_at=self.due_at,
        )
