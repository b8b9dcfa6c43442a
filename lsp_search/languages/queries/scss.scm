; SCSS, beyond CSS.

(mixin_statement name: (identifier) @name) @definition.plain_function
(function_statement name: (identifier) @name) @definition.plain_function
(placeholder (identifier) @name) @definition.style_class
(stylesheet (declaration (property_name) @name (#match? @name "^\\$")) @definition.custom_property)
