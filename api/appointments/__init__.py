"""Appointments: sites, free slots, booking, moving, cancelling."""
