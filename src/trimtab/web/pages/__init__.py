"""One file a page or a family of pages: what a request asks for, which verb answers, which template shows it."""
