;; emacs -nw -Q -l live_list.el: what a user has who likes a live list.  -*- lexical-binding: t -*-
(load (expand-file-name "common" (file-name-directory load-file-name)) nil t)
(load (getenv "LSP_SEARCH_EL") nil t)
(setq lsp-search-command command inhibit-startup-screen t)
(fido-vertical-mode 1)
(global-set-key (kbd "C-c s") #'lsp-search)
