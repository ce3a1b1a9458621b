# kernel-builder: make, make demo, make check, make bench, make install.
VERSION := 0.1.0
# What the man pages say.
DATE    := 2026-11-30
PREFIX  ?= /usr/local
CC      ?= cc
CXX     ?= c++
CFLAGS  ?= -O2 -g
BUILD   ?= .build/release
LIBS    := libcurl libarchive libcrypto zlib libelf jansson
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wundef -Werror
CWARN   := $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings
CXXWARN := -Wall -Wextra -Werror
HARDEN  ?= -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
LDHARDEN ?= -pie -Wl,-z,relro,-z,now
CPP_ALL := -D_GNU_SOURCE -DKB_VERSION='"$(VERSION)"' -DKB_DATE='"$(DATE)"' -DKB_ROOT='"."' -Isrc
LDLIBS   = $(shell pkg-config --libs $(LIBS)) -lstdc++

SRC   := $(wildcard src/*/*.c) $(wildcard src/*/*.cc)
OBJ    = $(patsubst %,$(BUILD)/%.o,$(SRC))
UNIT  := $(basename $(notdir $(wildcard tests/unit/*_test.c)))
FUZZ  := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))
# With the sanitizer gcc takes vsnprintf(NULL, 0, ...) for a mistake.
SAN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-Wno-format-truncation

all: kernel-builder

kernel-builder: $(BUILD)/kernel-builder
	@cp -f $< $@.tmp && mv -f $@.tmp $@

$(BUILD)/kernel-builder: $(BUILD)/src/main.c.o $(OBJ)
	$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Objects depend on this file too: its flags are part of what they are made of.
$(BUILD)/%.c.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c17 $(CPP_ALL) $(CWARN) $(HARDEN) $(CFLAGS) -MMD -MP -c -o $@ $<

# toml++ is a system header: its own warnings are not ours.
$(BUILD)/%.cc.o: %.cc Makefile
	@mkdir -p $(@D)
	$(CXX) -std=c++17 $(CPP_ALL) $(CXXWARN) $(HARDEN) $(CFLAGS) -MMD -MP -c -o $@ $<

# The catalog and the data files are built in with .incbin.
$(BUILD)/src/resolve/embedded.c.o: $(wildcard catalog/*.toml)
$(BUILD)/src/resolve/policy.c.o: data/manylinux.toml data/abi3.toml data/torch-shims.toml data/newer-symbols.toml
$(BUILD)/src/advise/table.c.o: data/includes.toml
$(BUILD)/src/plan/embedded.c.o: data/registration.h
$(BUILD)/src/fetch/directory.c.o: data/cutlass-4.5.2.files
$(BUILD)/src/package/embedded.c.o: $(wildcard data/*.py)
$(BUILD)/src/generate/embedded.c.o: $(wildcard data/pyproject/*) data/clangd_cuda.h
$(BUILD)/src/cmd/load.c.o: data/load_check.py
$(BUILD)/src/cmd/host.c.o: data/host_probe.py
$(BUILD)/src/cmd/help.c.o: docs/commands.md docs/settings.md

# Unit tests and replayed fuzzers: one program each, all with sanitizers under `make check`.
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.c.o $(OBJ)
	@mkdir -p $(@D)
	$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)
# Programs for the scripts in tests/slim.
$(BUILD)/slim/%: $(BUILD)/tests/slim/%.c.o $(OBJ)
	@mkdir -p $(@D)
	$(CC) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.c.o $(FUZZ_MAIN) $(OBJ)
	@mkdir -p $(@D)
	$(CXX) $(LDHARDEN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

programs: $(BUILD)/kernel-builder $(UNIT:%=$(BUILD)/unit/%) $(FUZZ:%=$(BUILD)/fuzz/%)

ASAN_VARS = BUILD=.build/asan CFLAGS='-O1 -g $(SAN)' LDFLAGS='$(SAN)' HARDEN= LDHARDEN= \
	FUZZ_MAIN=.build/asan/tests/fuzz/driver.c.o
asan:
	$(MAKE) $(ASAN_VARS) programs

# Coverage-guided fuzzers, built with clang: make fuzz FUZZ_SECONDS=600
FUZZ_SECONDS ?= 60
fuzzers:
	$(MAKE) BUILD=.build/fuzz CC=clang CXX=clang++ HARDEN= LDHARDEN= FUZZ_MAIN= \
		CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link' \
		LDFLAGS='-fsanitize=address,undefined,fuzzer' $(FUZZ:%=.build/fuzz/fuzz/%)
fuzz: fuzzers
	tests/fuzz/run.sh $(FUZZ_SECONDS)

# The second compiler: everything once with clang, warnings as errors.
clang:
	$(MAKE) BUILD=.build/clang CC=clang CXX=clang++ .build/clang/kernel-builder

deps:
	tools/deps.sh build
demo:
	tools/deps.sh build demo
	$(MAKE) kernel-builder
	tools/demo.sh
check:
	tools/deps.sh build demo check
	$(MAKE) kernel-builder asan clang
	tests/run.sh
acceptance:
	tools/deps.sh build demo check bench
	$(MAKE) kernel-builder
	tests/acceptance.sh
# Parts and options: make bench BENCH='--budget 25 one edits'
bench: kernel-builder
	bench/run.sh $(BENCH)
format:
	clang-format -i $(wildcard src/*.c src/*/*.[ch] tests/*/*.[ch])
tidy:
	tools/tidy.sh
# Man pages and completions, by the program itself: its table of options is the only list of them.
SHARE := $(BUILD)/share
pages: $(SHARE)/made
$(SHARE)/made: $(BUILD)/kernel-builder LICENSE README.md NEWS.md $(wildcard docs/*.md)
	@rm -rf $(SHARE) && mkdir -p $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$< help --man $(SHARE)/man/man1
	$< help --completion bash >$(SHARE)/bash-completion/completions/kernel-builder
	$< help --completion zsh >$(SHARE)/zsh/site-functions/_kernel-builder
	$< help --completion fish >$(SHARE)/fish/vendor_completions.d/kernel-builder.fish
	@mkdir -p $(SHARE)/doc/kernel-builder/docs && cp LICENSE README.md NEWS.md $(SHARE)/doc/kernel-builder
	@cp docs/*.md $(SHARE)/doc/kernel-builder/docs
	@touch $@
INSTALLED = $(patsubst $(SHARE)/%,share/%,$(shell find $(SHARE) -type f ! -name made))
install: kernel-builder pages
	install -D -m 755 kernel-builder $(DESTDIR)$(PREFIX)/bin/kernel-builder
	set -e; for f in $(INSTALLED); do install -D -m 644 $(BUILD)/$$f $(DESTDIR)$(PREFIX)/$$f; done
# What install put there, of this version.
uninstall: pages
	rm -f $(DESTDIR)$(PREFIX)/bin/kernel-builder $(INSTALLED:%=$(DESTDIR)$(PREFIX)/%)
	-rmdir $(DESTDIR)$(PREFIX)/share/doc/kernel-builder/docs $(DESTDIR)$(PREFIX)/share/doc/kernel-builder
clean:
	rm -rf .build kernel-builder

-include $(OBJ:.o=.d) $(BUILD)/src/main.c.d $(UNIT:%=$(BUILD)/tests/unit/%.c.d)
.PHONY: all asan programs fuzz fuzzers clang deps demo check acceptance bench format tidy pages install uninstall clean
.SECONDARY:
