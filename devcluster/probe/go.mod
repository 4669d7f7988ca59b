module tre-probe

go 1.26
