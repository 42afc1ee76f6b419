package web

// Forget throws away what is kept of drawn pages, so that drawing them can be measured.
func (s *Server) Forget() { s.pages = pageCache{} }

// Kept is how many bytes are kept of drawn pages, and how many may be.
func (s *Server) Kept() (int, int) { return s.pages.bytes, cacheBytesMax }
