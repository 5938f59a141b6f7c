# Small Linux systems for tests on the scenario "bochs": one first process and busybox for service VM and guest alike, the guest's
# kernel and initrd inside the service VM's, and a CD that boots it all by GRUB.
LINUX_PROGRAMS := $(B)/service-vm/dm/binnacle-dm $(B)/service-vm/ctl/binnaclectl
LINUX_CD := $(B)/hypervisor/multiboot2/loader.elf $(B)/hypervisor/hypervisor.bin $(B)/scenarios/bochs.bin \
	$(B)/guests/cluster/cluster.elf $(BZIMAGE)

linux-root = rm -rf $(1) && mkdir -p $(addprefix $(1)/,bin proc sys dev tmp) && cp /bin/busybox $(1)/bin/ && \
	cp $(2) $(1)/init && for a in $(3); do ln -s busybox $(1)/bin/$$a; done
linux-pack = (cd $(1) && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$(2)
linux-programs = cp $(2) $(1)/bin/ && \
	for f in $$(ldd $(2) | grep -o '/[^ :]*$$\|/[^ ]* (' | tr -d '(' | sort -u); do \
		[ -e $(1)$$f ] || install -D $$f $(1)$$f; done
# (folder, init, applets, more files of the service VM): folder/initrd
linux-initrds = $(call linux-root,$(1)/guest,$(2),$(3)) && $(call linux-pack,$(1)/guest,$(1)/guest.initrd) && \
	$(call linux-root,$(1)/root,$(2),$(3)) && cp $(BZIMAGE) $(4) $(1)/root/ && cp $(1)/guest.initrd $(1)/root/initrd && \
	$(call linux-programs,$(1)/root,$(LINUX_PROGRAMS)) && $(call linux-pack,$(1)/root,$(1)/initrd)
# (CD, initrd, scenario: bochs.bin if there is none)
linux-cd = tools/mkgrub $(1) $(B)/hypervisor/multiboot2/loader.elf hypervisor.bin=$(B)/hypervisor/hypervisor.bin \
	scenario.bin=$(or $(3),$(B)/scenarios/bochs.bin) cluster.elf=$(B)/guests/cluster/cluster.elf bzImage=$(BZIMAGE) initrd=$(2)
