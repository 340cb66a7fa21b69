# SPDX-License-Identifier: GPL-2.0-only
#
# The front door. Everything that runs, runs in an emulated host (tests/vm)
# made of a small Debian tree under build/; the first call makes that tree,
# which takes about two minutes. Nothing here touches this machine, but
# install and uninstall.
#
#   TOPOLOGY=NAME   which CXL devices the emulated host has (tests/vm/topology)
#   KERNEL=KERNEL   another kernel for it (see tests/vm/run)
#   KDIR=FOLDER     headers to build the modules for (default: this machine's)

TOPOLOGY ?= one
RUN := tests/vm/run $(if $(KERNEL),-k $(KERNEL))

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' \
		$(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: ## see it work: an emulated host, a device, a request, a region
	@VM_COLOR=$$([ -t 1 ] && echo 1) $(RUN) -t one -- /src/tests/demo/story

.PHONY: guest-demo
guest-demo: ## see an accelerator at work in a guest of the emulated host
	@VM_COLOR=$$([ -t 1 ] && echo 1) $(RUN) -t guest-accel -- \
		/src/tests/demo/guest-story

.PHONY: test
test: ## run all tests (tests/run NAME... for some of them)
	@tests/vm/selftest
	@tests/run

.PHONY: test-accel
test-accel: ## run the tests that need the emulated accelerator
	@PLAN=tests/plan-accel tests/run

.PHONY: test-guest
test-guest: ## run the tests that need a guest of the emulated host
	@PLAN=tests/plan-guest tests/run

.PHONY: test-packages
test-packages: ## run the packages' test that has DKMS build in the emulated host
	@PLAN=tests/plan-packages tests/run

.PHONY: test-hard
test-hard: ## try to break it (PARTS="sweep races" for some of it, FULL=1)
	@FULL=$(FULL) tests/hard $(PARTS)

.PHONY: check
check: ## look over the sources: checkpatch, sparse, shellcheck, kernel-doc
	@tests/check

.PHONY: build
build: ## build modules and test programs for the emulated host
	@tests/vm/tree
	@tests/vm/build $(if $(KERNEL),-k $(KERNEL))

.PHONY: bench
bench: ## measure: listing, binding, faults, access, clearing, udev, a guest
	@tests/vm/tree
	@tests/vm/build
	@tests/vm/in-tree umockdev-wrapper /src/build/bench/list \
		/src/build/tools/cxl-presize
	@$(RUN) -t one --timeout 1200 -- /src/tests/bench/run bind access clear
	@$(RUN) -t large --timeout 1200 -- /src/tests/bench/run faults
	@$(RUN) -t large --timeout 1200 -- \
		env CXL_SIZE=0x100000000 /src/tests/bench/run faults
	@$(RUN) -t one --udev -- /src/tests/bench/run uevent
	@$(MAKE) --no-print-directory bench-guest
	@echo "bench: ok"

.PHONY: bench-guest
bench-guest: ## measure a guest of the emulated host: start, writes, faults
	@$(RUN) -t guest --timeout 1800 -- /src/tests/bench/run guest
	@echo "bench-guest: ok"

.PHONY: shell
shell: ## a prompt in the emulated host (Ctrl-A X ends it)
	@$(RUN) -t $(TOPOLOGY) --udev --shell

# Without KDIR= for the running kernel; kernel/preflight.sh says what is missing
OWN := $(if $(KDIR),KDIR=$(KDIR))

.PHONY: modules
modules: ## build the modules for this machine's kernel
	@$(MAKE) --no-print-directory -C kernel modules $(OWN)

.PHONY: tools
tools: ## build the command cxl-presize for this machine, in build/tools-native
	@pkg-config --exists libudev json-c libkmod || { \
		echo "The command needs three libraries. As root, run:"; \
		echo "    apt-get install gcc make pkgconf libudev-dev libjson-c-dev libkmod-dev"; \
		exit 1; } >&2
	@$(MAKE) --no-print-directory -s -C tools \
		OUTPUT=$(CURDIR)/build/tools-native
	@echo "build/tools-native/cxl-presize"

.PHONY: install
install: modules ## install them on this machine
	@$(MAKE) --no-print-directory -C kernel install $(OWN)

.PHONY: install-tools
install-tools: tools ## install the command, udev rules, units and hooks
	@$(MAKE) --no-print-directory -s -C tools \
		OUTPUT=$(CURDIR)/build/tools-native install
	@$(MAKE) --no-print-directory -s -C udev-rules install

.PHONY: uninstall
uninstall: ## take all of that away again
	@$(MAKE) --no-print-directory -C kernel uninstall $(OWN)
	@$(MAKE) --no-print-directory -s -C tools uninstall
	@$(MAKE) --no-print-directory -s -C udev-rules uninstall

.PHONY: deb
deb: ## build the Debian packages, in build/deb
	@packaging/deb

.PHONY: clean
clean: ## remove what was built, but the tree and QEMU
	@if [ -d build ]; then \
		find build -mindepth 1 -maxdepth 1 ! -name 'tree*' ! -name 'qemu*' \
			-exec rm -rf {} +; \
	fi

.PHONY: distclean
distclean: ## remove these as well
	@rm -rf --one-file-system build
