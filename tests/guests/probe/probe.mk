# The isolation probe and the initrd whose first process loads it.
PROBE := $(B)/tests/guests/probe
PROBE_SOURCES := $(wildcard tests/guests/probe/*.[ch]) tests/guests/probe/Kbuild

$(PROBE)/probe.ko: $(PROBE_SOURCES) $(BZIMAGE)
	@mkdir -p $(PROBE) && cp $(PROBE_SOURCES) $(PROBE)/
	@env -u MAKEFLAGS -u MFLAGS $(MAKE) -s -C $(realpath $(B)/kernel/headers) M=$(CURDIR)/$(PROBE) modules
$(PROBE)/initrd: tests/guests/probe/init $(PROBE)/probe.ko
	@rm -rf $(PROBE)/root && mkdir -p $(PROBE)/root/bin $(PROBE)/root/proc $(PROBE)/root/sys $(PROBE)/root/dev
	@cp /bin/busybox $(PROBE)/root/bin/ && cp tests/guests/probe/init $(PROBE)/probe.ko $(PROBE)/root/
	@for a in sh mount echo dmesg sed insmod rmmod poweroff reboot sleep; do ln -s busybox $(PROBE)/root/bin/$$a; done
	@(cd $(PROBE)/root && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$@
