; CSS: classes and ids where rules are made for them, custom properties, animations.

(rule_set (selectors (class_selector (class_name) @name .))) @definition.style_class
(rule_set (selectors (id_selector (id_name) @name .))) @definition.field
(class_selector (class_name) @name) @definition.style_class
(id_selector (id_name) @name) @definition.field
(declaration (property_name) @name (#match? @name "^--")) @definition.custom_property
(keyframes_statement (keyframes_name) @name) @definition.plain_function
