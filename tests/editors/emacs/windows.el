;; emacs --batch -l windows.el: files and URIs as they are on Windows; fails by `cl-assert'.  -*- lexical-binding: t -*-
(load (expand-file-name "common" (file-name-directory load-file-name)) nil t)
(load (getenv "LSP_SEARCH_EL") nil t)

(let ((system-type 'windows-nt))
  (cl-assert (equal (lsp-search--uri "c:/a dir/cart.py") "file:///c:/a%20dir/cart.py"))
  (dolist (uri '("file:///c:/a%20dir/cart.py" "file:///c%3A/a%20dir/cart.py"))
    (cl-assert (equal (lsp-search--file uri) "c:/a dir/cart.py"))))

;; Elsewhere such a name is that of a folder.
(let ((system-type 'gnu/linux))
  (cl-assert (equal (lsp-search--uri "/c:/cart.py") "file:///c:/cart.py"))
  (cl-assert (equal (lsp-search--file "file:///c:/cart.py") "/c:/cart.py")))
