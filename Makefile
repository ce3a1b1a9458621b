# SPDX-License-Identifier: Apache-2.0
# kernel-builder: make, make demo, make check, make bench, make install. HACKING.md lists the rest.
# make -f .../Makefile in another directory builds there; so does BUILD=DIR.
HERE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
ifneq ($(HERE),.)
all $(filter-out all,$(MAKECMDGOALS)): ELSEWHERE
	@$(MAKE) -C $(HERE) BUILD=$(CURDIR) $(MAKECMDGOALS)
.PHONY: all $(MAKECMDGOALS) ELSEWHERE
else

VERSION := 0.1.0
# What the man pages say.
DATE    := 2026-11-30
PREFIX  ?= /usr/local
CC      ?= cc
CXX     ?= c++
PKG_CONFIG ?= pkg-config
CFLAGS  ?= -O2 -g
CXXFLAGS ?= $(CFLAGS)
RELEASE := .build/release
BUILD   ?= $(RELEASE)
# Where the program goes: beside the Makefile, unless it is built elsewhere.
PROGRAM := $(if $(filter $(RELEASE),$(BUILD)),kernel-builder,$(BUILD)/kernel-builder)
# libcurl is loaded when it is needed (src/fetch/curl.h).
LIBS    := libarchive libssl libcrypto libnghttp2 zlib jansson
# Warnings stop developers and CI (make check does; WERROR=-Werror), not people with another compiler.
WERROR  ?=
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wundef
CWARN    = $(WARN) -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings $(WERROR)
CXXWARN  = -Wall -Wextra $(WERROR)
# Fortified as the caller's flags say, else at level 2, for which a compiler must optimize.
ALL_FLAGS = $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS)
FORTIFY  = $(if $(findstring _FORTIFY_SOURCE,$(ALL_FLAGS)),,$(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDEN  ?= $(FORTIFY) -fstack-protector-strong -fPIE
LDHARDEN ?= -pie -Wl,-z,relro,-z,now
CPP_ALL := -D_GNU_SOURCE -DKB_VERSION='"$(VERSION)"' -DKB_DATE='"$(DATE)"' -DKB_ROOT='"."' -Isrc
# Asked once, and only when something is compiled or linked.
LIB_CFLAGS = $(eval LIB_CFLAGS := $$(shell $(PKG_CONFIG) --cflags $(LIBS) libcurl))$(LIB_CFLAGS)
LDLIBS   = $(eval LDLIBS := $$(shell $(PKG_CONFIG) --libs $(LIBS)) -lstdc++)$(LDLIBS)
# char is signed on x86-64 and not on aarch64: here it is signed on both, so that the program does the same.
COMPILE_C   = $(CC) -std=c17 -fsigned-char $(CPP_ALL) $(LIB_CFLAGS) $(CWARN) $(HARDEN) $(CPPFLAGS) $(CFLAGS)
COMPILE_CXX = $(CXX) -std=c++17 -fsigned-char $(CPP_ALL) $(LIB_CFLAGS) $(CXXWARN) $(HARDEN) $(CPPFLAGS) $(CXXFLAGS)

SRC   := $(wildcard src/*/*.c) $(wildcard src/*/*.cc)
OBJ    = $(patsubst %,$(BUILD)/%.o,$(SRC))
EMBEDS := $(shell grep -l '^EMBED.' src/*/*.c)
UNIT  := $(basename $(notdir $(wildcard tests/unit/*_test.c)))
FUZZ  := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))
# With the sanitizer gcc takes vsnprintf(NULL, 0, ...) for a mistake.
SAN   := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	-Wno-format-truncation

all: $(PROGRAM)

kernel-builder: $(BUILD)/kernel-builder
	@cp -f $< $@.tmp && mv -f $@.tmp $@

$(BUILD)/kernel-builder: $(BUILD)/src/main.c.o $(OBJ)
	$(CC) $(LDHARDEN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What objects are made with is part of what they are made of; installing takes them as they were built.
FLAGS := $(CC) $(CXX) $(CPP_ALL) $(HARDEN) $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS) $(LDHARDEN) $(LDFLAGS)
ifneq ($(strip $(FLAGS)),$(strip $(file <$(BUILD)/flags)))
ifeq ($(and $(wildcard $(BUILD)/flags),$(filter install uninstall clean dist,$(MAKECMDGOALS))$(findstring n,$(firstword -$(MAKEFLAGS)))),)
$(shell mkdir -p $(BUILD))$(file >$(BUILD)/flags,$(FLAGS))
endif
endif

$(BUILD)/%.c.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE_C) -MMD -MP -c -o $@ $<

# toml++ is a system header: its own warnings are not ours.
$(BUILD)/%.cc.o: %.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(COMPILE_CXX) -MMD -MP -c -o $@ $<

# Keys of the program's own steps hold a digest of what implements them: it is in their sources, so nobody counts versions.
$(BUILD)/gen/implementation.inc: tools/implementation.sh $(wildcard $(addprefix src/,base/* formats/* elf/* cxx/* slim/* device/* steps/* engine/*))
	@mkdir -p $(@D)
	sh tools/implementation.sh >$@.tmp
	@cmp -s $@.tmp $@ && { rm $@.tmp; touch $@; } || mv $@.tmp $@
$(BUILD)/src/plan/kinds.c.o: $(BUILD)/gen/implementation.inc
$(BUILD)/src/fetch/curl.c.o: COMPILE_C += -DKB_LIBCURL_DIR='"$(shell $(PKG_CONFIG) --variable=libdir libcurl)"'
$(BUILD)/src/plan/kinds.c.o: CPP_ALL += -I$(BUILD)/gen

# The catalog and the data files are built in with .incbin, which no dependency file mentions.
$(EMBEDS:%=$(BUILD)/%.o): $(wildcard catalog/*.toml docs/*.md data/*.* data/*/*)

# Test programs take what they need of all objects. They run with sanitizers under `make check`.
$(BUILD)/all.a: $(OBJ)
	@rm -f $@
	@$(AR) crsT $@ $^
$(BUILD)/unit/%: $(BUILD)/tests/unit/%.c.o $(BUILD)/all.a
	@mkdir -p $(@D)
	$(CC) $(LDHARDEN) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)
# Programs for the scripts in tests/slim.
$(BUILD)/slim/%: $(BUILD)/tests/slim/%.c.o $(BUILD)/all.a
	@mkdir -p $(@D)
	$(CC) $(LDHARDEN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
# Without libFuzzer, a main() that replays files.
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/driver.c.o
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.c.o $(FUZZ_MAIN) $(BUILD)/all.a
	@mkdir -p $(@D)
	$(CXX) $(LDHARDEN) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

programs: $(BUILD)/kernel-builder $(UNIT:%=$(BUILD)/unit/%) $(FUZZ:%=$(BUILD)/fuzz/%)

ASAN_VARS = BUILD=.build/asan CFLAGS='-O1 -g $(SAN)' LDFLAGS='$(SAN)' HARDEN= LDHARDEN= \
	WERROR=-Werror
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
	$(MAKE) BUILD=.build/clang CC=clang CXX=clang++ WERROR=-Werror .build/clang/kernel-builder

deps:
	tools/deps.sh build
demo:
	tools/deps.sh build demo
	$(MAKE) kernel-builder
	tools/demo.sh
check:
	tools/deps.sh build demo check
	$(MAKE) kernel-builder asan clang WERROR=-Werror
	tests/run.sh
# Without network, root and sanitizers, in seconds. make unit T='ptx arch': only these.
OFFLINE := $(UNIT:%=$(BUILD)/unit/%) $(FUZZ:%=$(BUILD)/fuzz/%)
unit: $(if $(T),$(T:%=$(BUILD)/unit/%_test),$(UNIT:%=$(BUILD)/unit/%))
	tests/run.sh $^
check-offline: $(PROGRAM) $(OFFLINE)
	BUILD=$(BUILD) KB=$(abspath $(PROGRAM)) tests/run.sh --offline
# How much of each folder those tests run.
coverage:
	rm -f $$(find .build/coverage -name '*.gcda' 2>/dev/null)
	$(MAKE) BUILD=.build/coverage CFLAGS='-O0 -g --coverage' HARDEN= LDHARDEN= check-offline
	tools/coverage.sh .build/coverage
acceptance:
	tools/deps.sh build demo check bench emulation farm
	$(MAKE) kernel-builder
	tests/acceptance.sh
# Parts and options: make bench BENCH='--budget 25 one edits'
bench: kernel-builder
	bench/run.sh $(BENCH)
format:
	clang-format -i $(wildcard src/*.c src/*/*.[ch] src/*/*.cc tests/*/*.[ch])
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
install: $(PROGRAM) pages
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/kernel-builder
	set -e; for f in $(INSTALLED); do install -D -m 644 $(BUILD)/$$f $(DESTDIR)$(PREFIX)/$$f; done
# What install put there, of this version.
uninstall: pages
	rm -f $(DESTDIR)$(PREFIX)/bin/kernel-builder $(INSTALLED:%=$(DESTDIR)$(PREFIX)/%)
	-rmdir $(DESTDIR)$(PREFIX)/share/doc/kernel-builder/docs $(DESTDIR)$(PREFIX)/share/doc/kernel-builder
# For any Linux: a wheel with the program, made by its own toolchain, and a tarball with a static one. The same bytes each time.
# make wheel MACHINE=aarch64 makes the wheel for such machines, on x86-64.
MACHINE  := x86_64
PORTABLE := .build/portable$(if $(filter-out x86_64,$(MACHINE)),-$(MACHINE))
WHEEL    := kernel_builder-$(VERSION)-py3-none-manylinux_2_28_$(MACHINE).whl
TARBALL  := kernel-builder-$(VERSION)-x86_64-linux.tar.gz
wheel: $(PROGRAM) pages
	MAKE='$(MAKE)' sh tools/wheel/make.sh wheel ./$(PROGRAM) $(PORTABLE) $(MACHINE)
	python3 tools/wheel/pack.py $(PORTABLE)/wheel/kernel-builder $(VERSION) $(DATE) $(SHARE) $(PORTABLE)/libraries/licenses $(WHEEL)
static: $(PROGRAM) pages
	MAKE='$(MAKE)' sh tools/wheel/make.sh static ./$(PROGRAM) $(PORTABLE)
	sh tools/wheel/tarball.sh $(PORTABLE)/static/kernel-builder $(DATE) $(SHARE) $(PORTABLE)/libraries/licenses $(TARBALL)
# The sources of the last commit, the same bytes each time.
DIST := kernel-builder-$(VERSION)
dist:
	git archive --format=tar --prefix=$(DIST)/ HEAD | gzip -n9 >$(DIST).tar.gz
clean:
	rm -rf .build kernel-builder $(DIST).tar.gz $(WHEEL) $(TARBALL)

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/src/*/*.d $(BUILD)/tests/*/*.d)
.PHONY: all asan programs fuzz fuzzers clang deps demo check unit check-offline coverage acceptance bench format tidy pages install uninstall wheel static dist clean
.SECONDARY:
.DELETE_ON_ERROR:
endif
