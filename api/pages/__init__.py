"""Pages for citizens: example municipality, widget, an appointment's own page."""
