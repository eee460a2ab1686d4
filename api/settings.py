"""What a deployment can set, from `WANGGE_…` variables; the defaults suit the demo."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gis.codes import CodePattern
from gis.coordinates import declare_crs
from gis.workflows.sign_in import SignInRules


class Settings(BaseSettings):
    """Read once at the start of a command or of the service."""

    model_config = SettingsConfigDict(env_prefix="WANGGE_", env_file=".env", extra="ignore")

    home: Path | None = None
    database_url: str | None = None
    migrate_url: str | None = None
    port: Annotated[
        int, Field(ge=1, le=65535, validation_alias=AliasChoices("WANGGE_PORT", "PORT", "port"))
    ] = 8000

    # ── sign-in and the HTTP door ──
    public_address: Annotated[str | None, Field(pattern=r"^https?://[^/]+/?$")] = None
    session_idle_hours: Annotated[int, Field(ge=1, le=24 * 7)] = 12
    session_days: Annotated[int, Field(ge=1, le=30)] = 7
    password_min_length: Annotated[int, Field(ge=8, le=64)] = 12
    connections: Annotated[int, Field(ge=2, le=200)] = 20
    review_no: Annotated[str | None, Field(max_length=100)] = None

    # ── jobs ──
    jobs: bool = True

    # ── coordinate systems of the deployment's own: {"name": "PROJ string or WKT"} ──
    crs: dict[str, str] = {}

    # ── grid codes in a form of the deployment's own ──
    grid_code: str | None = None
    grid_code_rule: str | None = None

    # ── contacts of reporters ──
    contact_key: SecretStr | None = None
    contact_days: Annotated[int, Field(ge=1, le=3650)] = 730

    # ── statements ──
    signing_keys: Path | None = None
    pdf_font: Path | None = None

    @model_validator(mode="after")
    def _declare(self) -> Settings:
        """From here on the names in `crs` are known wherever a system is named."""
        for name, definition in self.crs.items():
            declare_crs(name, definition)
        self.code_pattern()
        return self

    def code_pattern(self) -> CodePattern | None:
        """How this deployment writes grid codes; None: as the standard does. Raises BadInput."""
        if self.grid_code is None and self.grid_code_rule is None:
            return None
        return CodePattern.of(self.grid_code, self.grid_code_rule)

    def sign_in_rules(self) -> SignInRules:
        """How long sessions last and how long a password must be."""
        return SignInRules(
            idle=timedelta(hours=self.session_idle_hours),
            lifetime=timedelta(days=self.session_days),
            least_password=self.password_min_length,
        )

    def tiling_folder(self) -> Path:
        """Where the tiling index is kept; every process of this machine maps the same file."""
        return self.cluster_home() / "tiling"

    def cluster_home(self) -> Path:
        """Where the embedded database lives: WANGGE_HOME, else the usual place of this user."""
        if self.home is not None:
            return self.home.expanduser().absolute()
        if os.geteuid() == 0:
            return Path("/var/lib/wangge")
        return Path.home() / ".local" / "share" / "wangge"
