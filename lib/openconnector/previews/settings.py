"""What an administrator allows previews, read from the environment wherever the engine is started."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from openconnector.previews.pool import PreviewLimits


def _parted(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_parted)]
"""Private networks in one environment variable, with commas between: `10.0.0.0/8:443,192.168.1.7`."""


class PreviewSettings(BaseSettings):
    """The limits of previews, each by one environment variable; every program's settings inherit them."""

    model_config = SettingsConfigDict(populate_by_name=True)

    preview_processes: int = Field(
        default=2, ge=1, le=32, validation_alias="OPENCONNECTOR_PREVIEW_PROCESSES"
    )
    """How many mappings are tried out at once, each in a process that is kept for the next."""
    preview_seconds: float = Field(
        default=5, ge=0.1, le=300, validation_alias="OPENCONNECTOR_PREVIEW_SECONDS"
    )
    """How long trying out a mapping may take before its process is killed."""
    preview_memory_mib: int = Field(
        default=512, ge=256, le=65536, validation_alias="OPENCONNECTOR_PREVIEW_MEMORY_MIB"
    )
    """How much memory trying out a mapping may take, in MiB of address space."""

    @property
    def previews(self) -> PreviewLimits:
        """The limits as the engine takes them."""
        return PreviewLimits(
            processes=self.preview_processes,
            seconds=self.preview_seconds,
            memory_mib=self.preview_memory_mib,
        )
