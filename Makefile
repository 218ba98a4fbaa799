# Everything a developer types. `make help` lists it.

BIN        := bin/loadwright
VENVS      := .venvs
GOLANGCI   := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZ_TIME  ?= 10m
CAPACITY_REAL ?= 1
ECHARTS    := 6.1.0
AXE        := 4.14.1
PAGE       := report/page

.PHONY: help demo test test-panel test-capacity bench build setup lint fuzz cross docs vendor-page clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## see it work: five browsers load the bundled app and click
	@$(BIN) demo

test: setup ## all tests: race detector on, real Chromium included
	go test -race -timeout 10m $$(go list ./... | grep -v -e /browser$$ -e /report/page$$)
	@# These take the CPU that the others need, or need it for themselves.
	go test -race -timeout 10m -p 1 ./browser ./report/page
	LOADWRIGHT_SATURATING_TESTS=1 go test -race -timeout 10m -p 1 -run 'TestScript/run_saturated|TestLookAtTrees' ./cmd/loadwright ./internal/machine

test-panel: setup ## our Panel example under load; Python Loadwright reads the results
	LOADWRIGHT_BIN=$(CURDIR)/$(BIN) LOADWRIGHT_VENVS=$(CURDIR)/$(VENVS) go test -tags panel -count 1 -timeout 20m -v ./examples/panel/...

test-capacity: SHELL := bash
test-capacity: setup ## searches for capacities that theory knows, in real time, alone on the machine: an hour (CAPACITY_REAL=saturated)
	set -o pipefail; LOADWRIGHT_CAPACITY_REAL=$(CAPACITY_REAL) go test -count 1 -timeout 60m -run 'TestCapacity(OfKnownQueues|InBrowsers)' -v . | tee $(BIN).capacity
	set -o pipefail; LOADWRIGHT_CAPACITY_REAL=$(CAPACITY_REAL) LOADWRIGHT_BIN=$(CURDIR)/$(BIN) LOADWRIGHT_VENVS=$(CURDIR)/$(VENVS) go test -tags panel -count 1 -timeout 60m -run TestCapacity -v ./examples/panel | tee -a $(BIN).capacity
	@! grep -A 1 -e '--- SKIP' $(BIN).capacity || echo 'Of these nothing is shown.'

bench: setup ## truth, speed and memory beside other tools, 33 minutes (BENCH_ARGS=-quick)
	cd bench && LOADWRIGHT_BIN=$(CURDIR)/$(BIN) LOADWRIGHT_VENVS=$(CURDIR)/$(VENVS) go run . $(BENCH_ARGS)

build: ## build bin/loadwright
	@go build -o $(BIN) ./cmd/loadwright

setup: build ## bring the browser and its driver, where they are not there yet
	@$(BIN) install

lint: ## golangci-lint: style, and who may import whom
	go run $(GOLANGCI) run ./...
	cd bench && go run $(GOLANGCI) run ./...

fuzz: ## fuzz every parser and reader, FUZZ_TIME each
	@grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u | while read -r room; do \
		for target in $$(grep -h -o '^func Fuzz[A-Za-z]*' $$room/*_test.go | cut -c6-); do \
			echo "$$room $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 10x $$room || exit 1; \
		done; \
	done

cross: ## build for the other systems
	GOOS=darwin GOARCH=arm64 go build -o /dev/null ./cmd/loadwright
	GOOS=windows go build -o /dev/null ./cmd/loadwright
	GOOS=darwin GOARCH=arm64 go vet ./...
	GOOS=windows go vet ./...

docs: build ## write the reference that is made from the code's tables
	$(BIN) schema > docs/scenario.schema.json
	go test ./docs -update
	go test . -run TestSummaryReference -update

vendor-page: ## bring ECharts (and, for tests, axe-core) into the page of results
	rm -rf bin/vendor && mkdir -p bin/vendor/echarts bin/vendor/axe
	cd bin/vendor && npm pack --silent echarts@$(ECHARTS) axe-core@$(AXE)
	tar -xzf bin/vendor/echarts-$(ECHARTS).tgz -C bin/vendor/echarts
	tar -xzf bin/vendor/axe-core-$(AXE).tgz -C bin/vendor/axe
	cp bin/vendor/echarts/package/dist/echarts.min.js $(PAGE)/assets/vendor/echarts.min.js
	cp bin/vendor/echarts/package/LICENSE $(PAGE)/assets/vendor/echarts.LICENSE
	cp bin/vendor/echarts/package/NOTICE $(PAGE)/assets/vendor/echarts.NOTICE
	cp bin/vendor/axe/package/axe.min.js $(PAGE)/testdata/axe.min.js
	cp bin/vendor/axe/package/LICENSE $(PAGE)/testdata/axe.LICENSE

clean: ## remove what was built
	rm -rf bin $(VENVS)
