package web

// Forget throws away what is kept of drawn pages, so that drawing them can be measured.
func (s *Server) Forget() { s.pages = pageCache{} }
