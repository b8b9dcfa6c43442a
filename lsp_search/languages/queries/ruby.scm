; Ruby.

(module name: (constant) @name) @definition.mixin
(module name: (scope_resolution scope: (_) @qualifier name: (constant) @name)) @definition.mixin
(class name: (constant) @name) @definition.class
(class name: (scope_resolution scope: (_) @qualifier name: (constant) @name)) @definition.class
(assignment
  left: (constant) @name
  right: (call receiver: (constant) @_class method: (identifier) @_new)
  (#any-of? @_class "Struct" "Class" "Data" "Module")
  (#any-of? @_new "new" "define")) @definition.class
(assignment left: (constant) @name) @definition.constant

(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.function
(alias name: (_) @name) @definition.method
(call
  method: (identifier) @_define
  arguments: (argument_list . (simple_symbol) @name)
  (#any-of? @_define "alias_method" "define_method" "define_singleton_method" "scope" "delegate")) @definition.method
(call
  method: (identifier) @_attribute
  arguments: (argument_list (simple_symbol) @name)
  (#any-of? @_attribute "attr" "attr_accessor" "attr_reader" "attr_writer" "mattr_accessor" "cattr_accessor" "class_attribute")) @definition.property
