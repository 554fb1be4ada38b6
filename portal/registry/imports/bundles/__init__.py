"""FHIR R4 Bundles of Patient and Immunization, read and taken in."""
