"""How fast, beside what: each row measures Boona and its peer or limit in the same run."""
