"""Who is responsible: sites, teams and ways of their own for places and concerns; forms to fill in."""
