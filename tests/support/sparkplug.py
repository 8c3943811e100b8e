"""Sparkplug B's payload as Google's library reads and writes it, from a schema that is made here."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_SCALARS = {"u32": 13, "u64": 4, "f32": 2, "f64": 1, "bool": 8, "text": 9, "bytes": 12}
_MESSAGES = {
    "Payload": "timestamp=1:u64 metrics=2:*Metric seq=3:u64 uuid=4:text body=5:bytes",
    "Metric": "name=1:text alias=2:u64 timestamp=3:u64 datatype=4:u32 is_historical=5:bool is_transient=6:bool "
    "is_null=7:bool properties=9:PropertySet int_value=10:u32 long_value=11:u64 float_value=12:f32 double_value=13:f64 "
    "boolean_value=14:bool string_value=15:text bytes_value=16:bytes "
    "dataset_value=17:DataSet template_value=18:Template",
    "PropertySet": "keys=1:*text values=2:*PropertyValue",
    "PropertyValue": "type=1:u32 is_null=2:bool int_value=3:u32 long_value=4:u64 float_value=5:f32 double_value=6:f64 "
    "boolean_value=7:bool string_value=8:text",
    "DataSet": "num_of_columns=1:u64 columns=2:*text types=3:*u32 rows=4:*Row",
    "Row": "elements=1:*Element",
    "Element": "int_value=1:u32 long_value=2:u64 float_value=3:f32 double_value=4:f64 boolean_value=5:bool "
    "string_value=6:text",
    "Template": "version=1:text metrics=2:*Metric template_ref=4:text is_definition=5:bool",
}


def _schema() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="sparkplug_b.proto", package="sparkplug", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split():
            known, kind = text.split(":")
            field, number = known.split("=")
            repeated, kind = kind.startswith("*"), kind.lstrip("*")
            made = message.field.add(name=field, number=int(number), label=3 if repeated else 1)
            if kind in _SCALARS:
                made.type = _SCALARS[kind]
            else:
                made.type, made.type_name = 11, f".sparkplug.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool.FindMessageTypeByName("sparkplug.Payload")


Payload: Any = message_factory.GetMessageClass(_schema())


def payload(*metrics: dict[str, Any], seq: int | None = None, timestamp: int = 0, **fields: Any) -> bytes:
    """Write a payload."""
    if seq is not None:
        fields["seq"] = seq
    if timestamp:
        fields["timestamp"] = timestamp
    return bytes(Payload(metrics=metrics, **fields).SerializeToString())
