# The initrd of the matrix: service VM and guest have the same, but the guest's is inside the service VM's.
MATRIX := $(B)/tests/guests/matrix
MATRIX_APPLETS := sh mount echo dmesg grep cat usleep sleep uname poweroff
MATRIX_PROGRAMS := $(B)/service-vm/dm/binnacle-dm $(B)/service-vm/ctl/binnaclectl
matrix-root = rm -rf $(1) && mkdir -p $(addprefix $(1)/,bin proc sys dev tmp) && cp /bin/busybox $(1)/bin/ && \
	cp tests/guests/matrix/init $(1)/ && for a in $(MATRIX_APPLETS); do ln -s busybox $(1)/bin/$$a; done
matrix-pack = (cd $(1) && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$(2)

$(MATRIX)/initrd: tests/guests/matrix/init tests/guests/matrix/matrix.mk $(MATRIX_PROGRAMS) $(BZIMAGE)
	@$(call matrix-root,$(MATRIX)/guest) && $(call matrix-pack,$(MATRIX)/guest,$(MATRIX)/guest.initrd)
	@$(call matrix-root,$(MATRIX)/root) && cp $(BZIMAGE) $(MATRIX)/root/ && cp $(MATRIX)/guest.initrd $(MATRIX)/root/initrd
	@cp $(MATRIX_PROGRAMS) $(MATRIX)/root/bin/
	@for f in $$(ldd $(MATRIX_PROGRAMS) | grep -o '/[^ :]*$$\|/[^ ]* (' | tr -d '(' | sort -u); do \
		[ -e $(MATRIX)/root$$f ] || install -D $$f $(MATRIX)/root$$f; done
	@$(call matrix-pack,$(MATRIX)/root,$@)
$(MATRIX)/matrix.iso: tools/mkgrub $(B)/hypervisor/multiboot2/loader.elf $(B)/hypervisor/hypervisor.bin \
		$(B)/scenarios/bochs.bin $(B)/guests/cluster/cluster.elf $(BZIMAGE) $(MATRIX)/initrd
	@tools/mkgrub $@ $(B)/hypervisor/multiboot2/loader.elf hypervisor.bin=$(B)/hypervisor/hypervisor.bin \
		scenario.bin=$(B)/scenarios/bochs.bin cluster.elf=$(B)/guests/cluster/cluster.elf bzImage=$(BZIMAGE) initrd=$(MATRIX)/initrd
