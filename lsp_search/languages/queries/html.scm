; HTML: elements with an id, anchors and forms by name, titles and headings by their text.

([(element (start_tag (attribute (attribute_name) @_id [
    (quoted_attribute_value (attribute_value) @name)
    (attribute_value) @name]))) @definition.element
  (element (self_closing_tag (attribute (attribute_name) @_id [
    (quoted_attribute_value (attribute_value) @name)
    (attribute_value) @name]))) @definition.element]
  (#eq? @_id "id"))
(element (start_tag (tag_name) @_tag (attribute (attribute_name) @_name (quoted_attribute_value (attribute_value) @name)))
  (#any-of? @_tag "a" "form" "map" "iframe" "slot")
  (#eq? @_name "name")) @definition.field
(element (start_tag (tag_name) @_tag) . (text) @name (#match? @_tag "^([hH][1-6]|title)$")) @definition.text
