; Haskell. A signature and the clauses below it are one function (clauses in a row are joined).

(header module: (module) @name) @definition.module_name
(data_type name: (_) @name) @definition.enum
(newtype name: (_) @name) @definition.struct
(type_synonym name: (_) @name) @definition.type
(type_family name: (_) @name) @definition.type
(class name: (_) @name) @definition.interface
(instance name: (_) @name) @scope.class

(data_constructor constructor: (_ name: (constructor) @name)) @definition.variant
(gadt_constructor name: (constructor) @name) @definition.variant
(newtype_constructor name: (constructor) @name) @definition.variant
(field name: (field_name (variable) @name)) @definition.field

(declarations (signature name: [(variable) @name (prefix_id (operator) @name)]) @definition.function)
(declarations (function name: [(variable) @name (prefix_id (operator) @name)]) @definition.function)
(declarations (function (infix operator: (operator) @name)) @definition.function)
(declarations (bind name: (variable) @name) @definition.function)
(class_declarations (signature name: [(variable) @name (prefix_id (operator) @name)]) @definition.method)
(instance_declarations [(function name: (variable) @name) (bind name: (variable) @name)] @definition.method)
