# Needs Go and make, nothing else. What more it uses (linters) it builds itself from tools/go.mod, through the Go
# module proxy, into .build. `make help` lists the targets.

SHELL = /bin/sh
GO ?= go
BUILD = $(CURDIR)/.build

# The modules are those of go.work; internal/archtest holds that it lists all of them.
MODULES = $(shell $(GO) work edit -json go.work | sed -n 's/.*"DiskPath": "\(.*\)".*/\1/p')
PACKAGES = $(addsuffix /...,$(MODULES))

# Samples that test-samples runs for real, each with arguments that need no account.
SAMPLES = "examples/quickstart" "examples/broadcast -dry-run -audience examples/broadcast/testdata/ids.txt -text Hi"

# Knobs of the targets below that `make test` does not run.
BENCH ?= .
BENCHTIME ?= 1s
COUNT ?= 1
FUZZTIME ?= 30s
KILLS ?= 1000
SOAK ?= 10m
BASE ?=

LINT = $(BUILD)/bin/golangci-lint
APIDIFF = $(BUILD)/bin/apidiff

# What `make test` does, in this order: quick things first, and the tests of every module as it is used outside the workspace last.
STEPS = check lint test-unit test-race test-samples test-release test-modules

.PHONY: help test $(STEPS) bench fuzz crash soak api next format tools clean modules

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1	/p' Makefile | expand -t 16

test: modules ## everything a change must pass: check, lint and every test-…
	@begun=$$(date +%s); times=; \
	for step in $(STEPS); do \
		echo "==> $$step"; from=$$(date +%s); \
		if ! $(MAKE) --no-print-directory $$step; then echo "make test: $$step failed; \`make $$step\` runs it alone" >&2; exit 1; fi; \
		took="$$step $$(($$(date +%s) - from)) s"; times="$$times$${times:+, }$$took"; \
		echo "<== $$took"; \
	done; \
	echo "make test: all passed in $$(($$(date +%s) - begun)) s ($$times)"

modules:
	@if [ -z "$(strip $(MODULES))" ]; then echo "go.work is missing or lists no module" >&2; exit 1; fi

check: modules ## gofmt, go vet, go fix and go mod tidy have nothing to say
	@unformatted=$$(find . -name '.?*' -prune -o -name '*.go' -print | xargs gofmt -l) || exit 1; \
	if [ -n "$$unformatted" ]; then echo "not formatted, run \`make format\`:" >&2; echo "$$unformatted" >&2; exit 1; fi
	$(GO) vet -tags=release $(PACKAGES)
	@out=$$($(GO) fix -diff -tags=release $(PACKAGES) 2>&1); code=$$?; \
	if [ $$code -ne 0 ] || [ -n "$$out" ]; then echo "$$out"; echo "go fix has something to modernise, run \`go fix\`" >&2; exit 1; fi
	@for module in $(MODULES); do \
		(cd "$$module" && GOWORK=off $(GO) mod tidy -diff) || { echo "$$module: run \`GOWORK=off go mod tidy\` there" >&2; exit 1; }; \
	done

lint: modules ## golangci-lint, as pinned in tools/go.mod
	@if $(MAKE) --no-print-directory $(LINT); then \
		echo "golangci-lint run $(PACKAGES)"; \
		GOLANGCI_LINT_CACHE=$(BUILD)/lint-cache $(LINT) run $(PACKAGES); \
	elif [ -n "$$CI" ]; then \
		echo "the pinned golangci-lint could not be built, and with CI set it must be" >&2; exit 1; \
	else \
		echo "NOT LINTED: the pinned golangci-lint could not be built here (see above); going on without"; \
	fi

test-unit: modules ## the tests of all modules in the workspace, Examples and fuzz seeds among them
	$(GO) test -timeout=15m $(PACKAGES)

test-race: modules ## the same with the race detector and in random order, where cgo works
	@if out=$$(CGO_ENABLED=1 $(GO) test -race -run='^$$' errors 2>&1); then \
		echo "CGO_ENABLED=1 $(GO) test -race -shuffle=on $(PACKAGES)"; \
		CGO_ENABLED=1 $(GO) test -race -shuffle=on -timeout=20m $(PACKAGES); \
	elif [ -n "$$CI" ]; then \
		echo "$$out" >&2; echo "the race detector needs a C compiler (go env CC says \"$$($(GO) env CC)\"), and with CI set it must run: install one" >&2; exit 1; \
	else \
		echo "NOT RACE-TESTED: the race detector does not work here; it needs a C compiler (go env CC says \"$$($(GO) env CC)\")"; \
	fi

test-modules: modules ## build, vet and test each module by itself, outside the workspace
	@for module in $(MODULES); do \
		echo "$$module: GOWORK=off go build, vet, test"; \
		(cd "$$module" && export GOWORK=off && $(GO) build ./... && $(GO) vet ./... && $(GO) test -timeout=15m ./...) || exit 1; \
	done

test-samples: modules ## run the samples for real
	@for sample in $(SAMPLES); do \
		if [ ! -d "$${sample%% *}" ]; then echo "there is no sample $${sample%% *}; see SAMPLES in the Makefile" >&2; exit 1; fi; \
		echo "$(GO) run ./$$sample"; $(GO) run ./$$sample || exit 1; \
	done
	@for main in examples/*/main.go; do \
		dir=$${main%/main.go}; \
		case ' $(subst ",,$(SAMPLES)) ' in *" $$dir "*) ;; *) echo "the sample $$dir is not run: add it to SAMPLES in the Makefile, with arguments that need no account" >&2; exit 1;; esac; \
	done

test-release: ## go get each module from outside, out of a file proxy made from this tree
	GOWORK=off $(GO) test -tags=release -count=1 -timeout=15m ./internal/releasetest

bench: modules ## benchmarks; long; BENCH=regexp BENCHTIME=1s COUNT=1
	$(GO) test -run='^$$' -bench='$(BENCH)' -benchmem -benchtime=$(BENCHTIME) -count=$(COUNT) -timeout=120m $(PACKAGES)

# named runs the tests whose names match $(1), with the environment $(2), and refuses to pass if there are none.
named = @found=$$($(GO) test -list='$(1)' $(PACKAGES)) || exit 1; \
	if ! echo "$$found" | grep -q '^Test'; then echo "no test matches $(1)" >&2; exit 1; fi; \
	$(2) $(GO) test -count=1 -v -run='$(1)' -timeout=0 $(PACKAGES)

crash: modules ## kill a real process at random instants and count at the provider; long; KILLS=1000
	$(call named,Crash,OUTBOUND_KILLS=$(KILLS))

soak: modules ## run for a long time and watch memory and goroutines; long; SOAK=10m
	$(call named,Soak,OUTBOUND_SOAK=$(SOAK))

fuzz: modules ## every fuzz target for FUZZTIME=30s; long
	@for package in $$($(GO) list $(PACKAGES)); do \
		targets=$$($(GO) test -list='^Fuzz' "$$package" | grep '^Fuzz'); \
		for target in $$targets; do \
			echo "$$package $$target"; \
			$(GO) test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) "$$package" || exit 1; \
		done; \
	done

api: $(APIDIFF) modules ## what changed in the public API since the tag BASE=v0.1.0; needs git
	@if [ -z "$(BASE)" ]; then echo "say since which tag: make api BASE=v0.1.0" >&2; exit 1; fi; \
	old=$$(mktemp -d) || exit 1; trap 'git worktree remove --force "$$old/tree"; rm -rf "$$old"' EXIT; \
	git worktree add --detach --quiet "$$old/tree" "$(BASE)" || exit 1; \
	export GOWORK=off; \
	for module in $(MODULES); do \
		case $$module in ./examples*|./internal*) continue;; esac; \
		name=$$(cd "$$module" && $(GO) list -m) || exit 1; \
		if [ ! -f "$$old/tree/$$module/go.mod" ]; then echo "$$name: new since $(BASE)"; continue; fi; \
		(cd "$$old/tree/$$module" && $(APIDIFF) -m -w "$$old/api" "$$name") || exit 1; \
		changes=$$(cd "$$module" && $(APIDIFF) -m "$$old/api" "$$name") || exit 1; \
		echo "$$name: $${changes:-nothing changed since $(BASE)}"; \
	done

next: modules ## name the version to be released next in all nested modules: make next VERSION=v0.2.0
	@case "$(VERSION)" in v*.*.*) ;; *) echo "say which: make next VERSION=v0.2.0" >&2; exit 1;; esac; \
	names=; for module in $(MODULES); do names="$$names $$(cd "$$module" && GOWORK=off $(GO) list -m)" || exit 1; done; \
	for module in $(MODULES); do \
		for name in $$names; do \
			if grep -q "^\(require\)\{0,1\}[[:space:]]*$$name v" "$$module/go.mod"; then \
				echo "$$module: $$name $(VERSION)"; \
				(cd "$$module" && GOWORK=off $(GO) mod edit -require="$$name@$(VERSION)") || exit 1; \
			fi; \
		done; \
	done

format: ## gofmt everything
	find . -name '.?*' -prune -o -name '*.go' -print | xargs gofmt -w

tools: $(LINT) $(APIDIFF) ## build the pinned tools into .build/bin

$(LINT): tools/go.mod tools/go.sum
	cd tools && GOWORK=off $(GO) build -o $(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(APIDIFF): tools/go.mod tools/go.sum
	cd tools && GOWORK=off $(GO) build -o $(APIDIFF) golang.org/x/exp/cmd/apidiff

clean: ## remove what was built
	rm -rf $(BUILD)
