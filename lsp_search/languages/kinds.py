"""What the capture names of the query files mean, for every language: one table.

A pattern says ``@definition.function``; where that stands (inside a class, inside another function) and
how its name is spelled decide the rest. So the queries stay short and the rules are the same everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

from lsp_search.model import SymbolKind


class Role(NamedTuple):
    """How one kind of definition behaves."""

    kind: SymbolKind
    member: SymbolKind | None = None
    """The kind inside a type's body, where it differs."""
    upper: SymbolKind | None = None
    """The kind when the name has capitals and no small letters."""
    opens: bool = False
    """Its name joins the container of what lies within its range."""
    type: bool = False
    """What lies directly within are members."""
    global_: bool = False
    """Has no container, wherever it stands (macros)."""
    hoisted: bool = False
    """Belongs to what encloses its container: a constructor's parameter that declares a property."""
    split: bool = False
    """The name still holds its scope: what stands before the last separator is container."""
    trim: bytes = b""
    """Characters that stand after the name but are not part of it."""
    until: bytes = b""
    """The name ends before the first of these bytes."""
    to_end: bool = False
    """Holds for the rest of the file (``namespace A\\B;``), until the next of its sort."""

    @property
    def reshaped(self) -> bool:
        """Whether the text of the name is not yet the name."""
        return bool(self.split or self.trim or self.until)


_K = SymbolKind

ROLES: dict[str, Role] = {
    "module": Role(_K.MODULE, opens=True),
    "mixin": Role(_K.MODULE, opens=True, type=True),
    "namespace": Role(_K.NAMESPACE, opens=True),
    "file_namespace": Role(_K.NAMESPACE, opens=True, to_end=True),
    "namespace_alias": Role(_K.NAMESPACE),
    "module_name": Role(_K.MODULE),
    "project": Role(_K.MODULE),
    "package": Role(_K.PACKAGE),
    "class": Role(_K.CLASS, opens=True, type=True),
    "struct": Role(_K.STRUCT, opens=True, type=True),
    "interface": Role(_K.INTERFACE, opens=True, type=True),
    "enum": Role(_K.ENUM, opens=True, type=True),
    "object": Role(_K.OBJECT, opens=True, type=True),
    "table": Role(_K.OBJECT, opens=True),
    "element": Role(_K.FIELD, opens=True),
    "object_constant": Role(_K.CONSTANT, opens=True, type=True),
    "object_variable": Role(_K.VARIABLE, upper=_K.CONSTANT, opens=True, type=True),
    "type": Role(_K.CLASS),
    "function": Role(_K.FUNCTION, member=_K.METHOD, opens=True),
    "plain_function": Role(_K.FUNCTION, opens=True),
    "method": Role(_K.METHOD, opens=True),
    "constructor": Role(_K.CONSTRUCTOR, opens=True),
    "broken_class": Role(_K.CLASS),
    "broken_namespace": Role(_K.NAMESPACE),
    "qualified_class": Role(_K.CLASS, opens=True, type=True, split=True),
    "qualified_struct": Role(_K.STRUCT, opens=True, type=True, split=True),
    "qualified_function": Role(_K.METHOD, opens=True, split=True),
    "qualified_variable": Role(_K.FIELD, split=True),
    "conversion": Role(_K.METHOD, opens=True, split=True, until=b"("),
    "struct_field": Role(_K.FIELD, trim=b": "),
    "macro_in_module": Role(_K.FUNCTION, opens=True),
    "alias": Role(_K.FUNCTION, trim=b"="),
    "accessor": Role(_K.PROPERTY, opens=True),
    "operator": Role(_K.OPERATOR),
    "property": Role(_K.PROPERTY),
    "parameter_property": Role(_K.PROPERTY, hoisted=True),
    "field": Role(_K.FIELD),
    "variable": Role(_K.VARIABLE, member=_K.FIELD, upper=_K.CONSTANT),
    "constant": Role(_K.CONSTANT),
    "member": Role(_K.ENUM_MEMBER),
    "variant": Role(_K.ENUM_MEMBER, opens=True),
    "custom_property": Role(_K.VARIABLE),
    "style_class": Role(_K.CLASS),
    "event": Role(_K.EVENT),
    "macro": Role(_K.CONSTANT, global_=True),
    "macro_function": Role(_K.FUNCTION, global_=True),
    "heading": Role(_K.STRING, opens=True, trim=b" #"),
    "text": Role(_K.STRING),
    "key": Role(_K.KEY, opens=True),
    "target": Role(_K.FUNCTION),
}
"""Meaning of ``@definition.NAME``, and of ``@scope.NAME`` (only ``opens`` and ``type`` count there)."""
