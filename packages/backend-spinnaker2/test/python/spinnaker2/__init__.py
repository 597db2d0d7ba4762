"""Stand-in for py-spinnaker2: the documented API, with a plain simulation behind it."""
