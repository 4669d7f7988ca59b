module tre-pause

go 1.26
