;; emacs --batch -l beside_eglot.el: editors/emacs/lsp-search.el in a real Emacs; fails by `cl-assert'.  -*- lexical-binding: t -*-
(load (expand-file-name "common" (file-name-directory load-file-name)) nil t)
(load (getenv "LSP_SEARCH_EL") nil t)
(setq lsp-search-command command jsonrpc-default-request-timeout 100)

(defvar shown nil "What completion shows for what was typed last.")

(defun search (typed &optional choose)
  "Search for TYPED, and take the line that CHOOSE (a function) picks of those shown, or just RET."
  (let ((completing-read-function
         (lambda (_prompt table &rest _)
           (setq shown (completion-all-completions typed table nil (length typed)
                                                   (completion-metadata typed table nil)))
           (let ((last (last shown))) (when last (setcdr last nil)))
           (cl-assert (or (null shown) (equal (completion-try-completion typed table nil (length typed))
                                              (cons typed (length typed)))))
           (if choose (substring-no-properties (funcall choose shown)) typed))))
    (lsp-search)))

(defun search-until-found (typed)
  "Search for TYPED until it is indexed."
  (until (condition-case nil (progn (search typed) t) (user-error nil))))

(defun search-server () (cl-first (hash-table-values lsp-search--servers)))
(defun sync () (jsonrpc-request (search-server) :lspSearch/sync (make-hash-table)))

(find-file (concat workspace "django/db/models/query.py"))
(let ((source (current-buffer)))
  ;; A server is started at the first search, which is answered from what is indexed so far.
  (cl-assert (string-match-p "still being indexed" (should-fail (timed "first search" (search "no such name here")))))
  (timed "ready" (sync))

  ;; RET takes the best; the way back is that of `xref'.
  (set-buffer source)
  (goto-char (point-min))
  (timed "search" (search "QuerySet.bulk_create"))
  (cl-assert (string-suffix-p "django/db/models/query.py" buffer-file-name))
  (cl-assert (string-match-p "\\`    def bulk_create(" (line-here)))
  (cl-assert (looking-at "bulk_create"))
  (cl-assert (string-match-p "\\`bulk_create  method in QuerySet  django/db/models/query\\.py:[0-9]+\\'" (car shown)))
  (xref-pop-marker-stack)
  (cl-assert (bobp))

  ;; The order and the choice are the server's: this is no prefix of anything, and typed with a slip.
  (search "bluk_create")
  (cl-assert (looking-at "bulk_create"))
  (search "blkcreat" #'cl-second)
  (cl-assert (cl-every (lambda (line) (string-match-p "  " line)) shown))
  (cl-assert (string-match-p (regexp-quote (format "%s:%d" (file-relative-name buffer-file-name workspace)
                                                   (line-number-at-pos nil t)))
                             (cl-second shown)))

  ;; Texts and questions.
  (search "\"Cannot filter a query once a slice\"")
  (cl-assert (string-match-p "Cannot filter a query once a slice" (line-here)))
  (search "where are failed password resets mailed?")
  (cl-assert shown)
  (cl-assert (string-match-p "Nothing found" (should-fail (search "lang:python /bulk_(/")))) ; and the reason was shown
  (cl-assert (with-current-buffer "*Messages*" (save-excursion (goto-char (point-min)) (search-forward "missing )" nil t))))

  ;; Unsaved text, in characters beyond the first plane; then saved elsewhere.
  (set-buffer source)
  (goto-char (point-min))
  (insert "X = '🙂🙂'; unsaved_offer = 1\ndef unsaved_offering(): pass\n")
  (search-until-found "unsavedoffering")
  (cl-assert (looking-at "unsaved_offering"))
  (search "\"unsaved_offer = 1\"")
  (cl-assert (looking-at "unsaved_offer = 1"))
  (set-buffer source)
  (set-buffer-modified-p nil)
  (revert-buffer t t)
  (lsp-search--tell-buffers (search-server))
  (sync)
  (cl-assert (string-match-p "Nothing found for .*1\"\\'" (should-fail (search "\"unsaved_offer = 1\""))))
  (write-region "function from_outside() end\n" nil (concat workspace "a dir, ünd 🙂.lua") nil 'silent)
  (sync)
  (search "fromoutside")
  (cl-assert (equal (line-here) "function from_outside() end"))

  ;; A server that is killed is started again by the next search.
  (let ((killed (search-server)))
    (signal-process (jsonrpc--process killed) 'SIGKILL)
    (until (not (jsonrpc-running-p killed)))
    (set-buffer source)
    (timed "found after a kill" (search-until-found "QuerySet.bulk_create"))
    (cl-assert (looking-at "bulk_create"))
    (cl-assert (not (eq killed (search-server))))))

;; What is missing is named.
(let ((lsp-search-command '("no-such-program")) (default-directory "/"))
  (cl-assert (string-match-p "no-such-program" (should-fail (search "x")))))
