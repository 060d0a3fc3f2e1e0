"""Types of polars columns, by name and parameters. The columns themselves are kept as arrays."""

from ._kinds import Kind, Kinds

__all__ = ["FAMILY"]

# Types, and the parameters that they have.
TYPES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Boolean", "String", "Binary", "Date", "Time", "Null", "Object"), ()),
    **{f"{sign}Int{bits}": () for sign in ("", "U") for bits in (8, 16, 32, 64)},
    **dict.fromkeys(("Float32", "Float64", "Categorical"), ()),
    "Datetime": ("time_unit", "time_zone"),
    "Duration": ("time_unit",),
    "Decimal": ("precision", "scale"),
    "Enum": ("categories",),
}


def _name(value):
    return value.__name__ if isinstance(value, type) else type(value).__name__


def _is_dtype(value):
    import polars

    is_dtype = isinstance(value, (polars.DataType, type(polars.DataType)))
    return is_dtype and _name(value) in TYPES


def _write_dtype(value, writer):
    parameters = {}
    if not isinstance(value, type):  # else it is one with the defaults
        for name in TYPES[_name(value)]:
            part = getattr(value, name)
            parameters[name] = writer.put(part.to_list() if name == "categories" else part)
    return {"name": _name(value), "parameters": parameters}


def _read_dtype(fields, reader):
    import polars

    if fields["name"] not in TYPES:
        raise ValueError(f"it names the type {fields['name']!r}, which files do not hold")
    parameters = {name: reader.get(part) for name, part in fields["parameters"].items()}
    return getattr(polars, fields["name"])(**parameters)


FAMILY = Kinds({"polars.dtype": Kind(_is_dtype, _write_dtype, _read_dtype)})
