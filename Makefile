# Everything that a person or a machine does to this folder, one word each.

RACE := ./models/... ./billing/... ./app/routing/... ./app/catalog/... ./test/proxy ./test/replicas
HAND_WRITTEN := $$(git ls-files -co --exclude-standard '*.go' | grep -v '_templ\.go$$')

.PHONY: run test test-ollama faults bench fmt generate check setup race

run: ## start the marketplace at http://localhost:8080
	go run .

test: setup check ## everything: what is missing is installed first
	go test -p 3 -timeout 12m ./...
	go test -timeout 12m -race -short $(RACE)

check: ## format, vet, and generated code that is what its source makes
	@unformatted=$$(gofmt -l $(HAND_WRITTEN)); test -z "$$unformatted" || \
		{ echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; }
	go vet ./...
	@cat $$(git ls-files '*_templ.go') | cksum >.generated-before
	@$(MAKE) --no-print-directory generate
	@cat $$(git ls-files '*_templ.go') | cksum | cmp -s - .generated-before || \
		{ rm -f .generated-before; echo "generated pages differ from their templates: commit what make generate wrote"; exit 1; }
	@rm -f .generated-before

test-ollama: ## with a real model server that nobody here wrote; its first build takes minutes
	go test -tags ollama -count 1 -timeout 60m -v ./test/ollama

setup: ## a browser, a database server and the clients that the tests use
	@bash .ci/setup

faults: ## break the running house in every way, many times, and print the table
	FAULTS=long go test ./test/faults -v -count 1 -timeout 60m

bench: ## Go's benchmarks, and the marketplace beside a bare reverse proxy (test/bench/RESULTS.md)
	go test -run '^$$' -bench . -benchmem -count 3 -timeout 30m ./...
	@dir=$$(mktemp -d) && go build -o $$dir/bourse . && go run ./test/bench -binary $$dir/bourse; status=$$?; rm -rf $$dir; exit $$status

fmt: ## format Go and templates
	gofmt -w $(HAND_WRITTEN)
	go tool templ fmt -v=false views

generate: ## Go from templates
	go tool templ generate -include-version=false -path views

race: ## the packages where goroutines meet, under the race detector
	go test -timeout 12m -race -short $(RACE)
