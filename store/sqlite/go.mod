module github.com/outbound-go/outbound/store/sqlite

go 1.26

require (
	github.com/outbound-go/outbound v0.1.0
	modernc.org/sqlite v1.61.1
)

replace github.com/outbound-go/outbound => ../..
