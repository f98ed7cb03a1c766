"""Where a point lies in a Modbus device."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from device_profiles.basics import Strict


class Encoding(StrEnum):
    """How a number lies in Modbus registers."""

    BIT = "bit"
    U16 = "u16"
    S16 = "s16"
    U32 = "u32"
    S32 = "s32"
    F32 = "f32"
    U64 = "u64"
    F64 = "f64"


REGISTERS = {
    Encoding.BIT: 1, Encoding.U16: 1, Encoding.S16: 1, Encoding.U32: 2, Encoding.S32: 2, Encoding.F32: 2,
    Encoding.U64: 4, Encoding.F64: 4,
}  # fmt: skip


class ModbusSource(Strict):
    """Where a point lies in a Modbus device."""

    protocol: Literal["modbus"] = "modbus"
    table: Literal["coil", "discrete", "input", "holding"] = Field("input", description="FC01, FC02, FC04 or FC03.")
    address: int = Field(ge=0, le=65535, description="0-based address of the first register or bit.")
    encoding: Encoding = Field(Encoding.U16, description="How the number lies in the registers.")
    word_order: Literal["big", "little"] = Field("big", description="Which 16-bit word comes first.")
    scale: float = Field(1.0, description="Engineering value = raw x scale + offset.")
    offset: float = Field(0.0, description="Engineering value = raw x scale + offset.")

    @model_validator(mode="after")
    def _bits_come_from_bit_tables(self) -> Self:
        if (self.table in ("coil", "discrete")) != (self.encoding is Encoding.BIT):
            raise ValueError(f"table {self.table} and encoding {self.encoding} do not go together")
        return self
