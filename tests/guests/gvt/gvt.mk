# The mediator on the physical GPU of the virtual NUC, with a guest that is a process: an initrd with both.
GVT_GUEST := $(B)/tests/guests/gvt
GVT_GUEST_APPLETS := sh mount echo cat grep sed sleep usleep kill ls wc tr tail seq ps cut mkdir

$(GVT_GUEST)/gvt-client: $(addprefix tests/guests/gvt/,client.c driver.c resets.c sharing.c virgl.c) $(B)/gvt/proto/command.o $(B)/service-vm/vhost/libvhost.a
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(GVT_CFLAGS) -pie -o $@ $^
GVT_GUEST_PROGRAMS := $(GVT_GUEST)/gvt-client $(B)/gvt/binnacle-gvt $(B)/service-vm/ctl/binnaclectl
GVT_GUEST_FILES := tests/guests/gvt/sharing.sh $(B)/scenarios/test-gpu.bin
$(GVT_GUEST)/initrd: tests/guests/gvt/init tests/guests/gvt/gvt.mk tests/guests/linux.mk $(GVT_GUEST_PROGRAMS) $(GVT_GUEST_FILES)
	@$(call linux-root,$(GVT_GUEST)/root,$<,$(GVT_GUEST_APPLETS))
	@cp $(GVT_GUEST_PROGRAMS) tests/guests/gvt/sharing.sh $(GVT_GUEST)/root/bin/ && cp $(B)/scenarios/test-gpu.bin $(GVT_GUEST)/root/
	@for f in $$(ldd $(GVT_GUEST_PROGRAMS) | grep -o '/[^ :]*$$\|/[^ ]* (' | tr -d '(' | sort -u); do \
		[ -e $(GVT_GUEST)/root$$f ] || install -D $$f $(GVT_GUEST)/root$$f; done
	@$(call linux-pack,$(GVT_GUEST)/root,$@)
# The guest alone, for the service VM's own root: a disk.
$(GVT_GUEST)/guest.img: $(GVT_GUEST)/gvt-client
	@rm -rf $(GVT_GUEST)/disk && mkdir $(GVT_GUEST)/disk && cp $< $(GVT_GUEST)/disk/
	@mksquashfs $(GVT_GUEST)/disk $@ -comp zstd -noappend -quiet -no-progress >/dev/null
