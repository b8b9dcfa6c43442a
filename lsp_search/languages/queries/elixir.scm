; Elixir. Definitions are calls of macros: def, defmodule…

(call
  target: (identifier) @_module
  (arguments . (alias) @name)
  (#any-of? @_module "defmodule")) @definition.module
(call
  target: (identifier) @_module
  (arguments . (alias) @name)
  (#any-of? @_module "defprotocol")) @definition.interface
(call
  target: (identifier) @_module
  (arguments . (alias) @name)
  (#any-of? @_module "defimpl")) @scope.module
(call
  target: (identifier) @_def
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
    (binary_operator left: (identifier) @name operator: "when")
    (binary_operator left: (call target: (identifier) @name) operator: "\\\\")
  ])
  (#any-of? @_def "def" "defp" "defdelegate" "defn" "defnp")) @definition.function
(call
  target: (identifier) @_def
  (arguments . [
    (identifier) @name
    (call target: (identifier) @name)
    (binary_operator left: (call target: (identifier) @name) operator: "when")
  ])
  (#any-of? @_def "defmacro" "defmacrop" "defguard" "defguardp")) @definition.macro_in_module

; @type state :: …, @callback init(term) :: …
(unary_operator
  operand: (call
    target: (identifier) @_attribute
    (arguments . (binary_operator left: [(identifier) @name (call target: (identifier) @name)] operator: "::")))
  (#any-of? @_attribute "type" "typep" "opaque")) @definition.type
(unary_operator
  operand: (call
    target: (identifier) @_attribute
    (arguments . (binary_operator left: (call target: (identifier) @name) operator: "::")))
  (#any-of? @_attribute "callback" "macrocallback")) @definition.method
; Fields of defstruct
(call target: (identifier) @_struct (arguments (list (atom) @name)) (#eq? @_struct "defstruct")) @definition.field
(call target: (identifier) @_struct
  (arguments (list (keywords (pair key: (keyword) @name)))) (#eq? @_struct "defstruct")) @definition.struct_field
(call target: (identifier) @_struct
  (arguments (keywords (pair key: (keyword) @name))) (#eq? @_struct "defstruct")) @definition.struct_field
