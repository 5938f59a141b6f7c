# The images: kernel, initrds, verified roots, the disk of the virtual NUC. Included after every room, which say what
# goes in by appending to (each item is FILE:/PATH, FILE being something make can build):
#   ESP_FILES      the EFI system partition
#   SERVICE_FILES  the service VM's root       SERVICE_FOLDERS  folders laid over it
#   IVI_FILES      the IVI's root              IVI_FOLDERS
#   PEER_FILES     the root of the KVM peer (benchmarks); it runs /bench.elf
#   SOUND_FILES    the root of the guest that tests its sound card
# and may use $(BZIMAGE), $(SERVICE_INITRD), $(IVI_INITRD) as prerequisites.

PLAN ?= cockpit# the scenario that boots
SERVICE_PACKAGES := service-vm/image/packages
IVI_PACKAGES := guests/ivi/packages
SERVICE_FOLDERS += service-vm/image/common service-vm/image/rootfs
IVI_FOLDERS += service-vm/image/common guests/ivi/rootfs
SERVICE_FILES += $(B)/display/binnacle-display:/usr/bin/binnacle-display
SERVICE_FILES += $(B)/display/binnacle-input:/usr/bin/binnacle-input $(B)/gvt/binnacle-gvt:/usr/bin/binnacle-gvt
SERVICE_FILES += $(B)/scenarios/$(PLAN).bin:/usr/share/binnacle/scenario.bin
# Only for the failover tests: ways to kill the IVI's kernel from inside.
IVI_FILES += $(B)/kernel/modules/lkdtm.ko:/usr/lib/binnacle/lkdtm.ko
# The device model boots the IVI from files of the service VM's verified root.
SERVICE_FILES += $(BZIMAGE):/usr/share/binnacle/ivi/bzImage $(IVI_INITRD):/usr/share/binnacle/ivi/initrd
ESP_FILES += $(BZIMAGE):/binnacle/bzImage $(SERVICE_INITRD):/binnacle/initrd

file_of = $(foreach i,$(1),$(firstword $(subst :, ,$(i))))
files_below = $(shell find $(1) -type f -o -type l)
MKROOT := tools/mkroot tools/lib/cache.sh service-vm/image/prune tools/debroot

MODULES := $(foreach m,irqbypass kvm kvm-amd lkdtm,$(B)/kernel/modules/$(m).ko)
$(BZIMAGE) $(MODULES) &: service-vm/kernel/config service-vm/kernel/build
	@entry=$$(service-vm/kernel/build) && rm -rf $(B)/kernel $(B)/kernel.tmp && mkdir -p $(B)/kernel.tmp/modules && \
	cp $$entry/bzImage $$entry/config $(B)/kernel.tmp/ && cp -r $$entry/drivers $(B)/kernel.tmp/ && cp $$entry/modules/*.ko $(B)/kernel.tmp/modules/ && \
	ln -sfn $$entry/headers $(B)/kernel.tmp/headers && mv $(B)/kernel.tmp $(B)/kernel

# Modules of ours in a folder, from these sources. Kbuild keeps what it has made for another kernel (.module-common.o carries its version,
# and Linux takes no module of another), so that goes first.
kernel-modules = mkdir -p $(1) && rm -f $(1)/*.o $(1)/.*.o $(1)/*.mod* && cp $(2) $(1)/ && \
	env -u MAKEFLAGS -u MFLAGS $(MAKE) -s -C $(realpath $(B)/kernel/headers) M=$(CURDIR)/$(1) modules

INITRD_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard service-vm/image/initrd/*.c))
$(INITRD_OBJECTS): $(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -fno-pie -MMD -MP -c $< -o $@
-include $(INITRD_OBJECTS:.o=.d)
$(B)/image/initrd-init: $(INITRD_OBJECTS)
	@mkdir -p $(@D)
	$(CC) -static -no-pie -s $^ -o $@

$(B)/image/service.img $(B)/image/service.verity &: $(SERVICE_PACKAGES) $(MKROOT) $(BZIMAGE) $(call files_below,$(SERVICE_FOLDERS)) $(call file_of,$(SERVICE_FILES))
	@tar=$$(DEBROOT_VARIANT=extract tools/debroot service-root $(SERVICE_PACKAGES)) && \
	tools/mkroot service $$tar $(B)/image/service.img $(SERVICE_FOLDERS) $(B)/kernel/drivers $(SERVICE_FILES)
$(B)/image/ivi.img $(B)/image/ivi.verity &: $(IVI_PACKAGES) $(MKROOT) $(call files_below,$(IVI_FOLDERS)) $(call file_of,$(IVI_FILES))
	@tar=$$(DEBROOT_VARIANT=extract tools/debroot ivi-root $(IVI_PACKAGES)) && \
	tools/mkroot ivi $$tar $(B)/image/ivi.img $(IVI_FOLDERS) $(IVI_FILES)

$(SERVICE_INITRD): $(B)/image/initrd-init $(B)/image/service.verity tools/mkinitrd
	@tools/mkinitrd $@ $(B)/image/initrd-init $(B)/image/service.verity partname:binnacle-service
# The device model shows the IVI its root partition as the first virtio disk.
$(IVI_INITRD): $(B)/image/initrd-init $(B)/image/ivi.verity tools/mkinitrd
	@tools/mkinitrd $@ $(B)/image/initrd-init $(B)/image/ivi.verity path:/dev/vda

ESP_FILES += $(B)/hypervisor/hypervisor.bin:/binnacle/hypervisor.bin $(B)/guests/cluster/cluster.elf:/binnacle/cluster.elf

# $(1): the disk image; $(2): its loader, with the sum of every file of \binnacle\; $(3): scenarios beside ESP_FILES
define disk_image
$(2): $(B)/hypervisor/boot/BOOTX64.EFI $(B)/tools/scenario/bn-sums $(call file_of,$(ESP_FILES) $(3))
	@mkdir -p $$(@D)
	@cp $$< $$@.tmp && $(B)/tools/scenario/bn-sums $$@.tmp $(foreach i,$(ESP_FILES) $(3),$(patsubst /binnacle/%,%,$(word 2,$(subst :, ,$(i))))=$(firstword $(subst :, ,$(i)))) && mv $$@.tmp $$@
$(1): tools/mkdisk $(B)/image/service.img $(B)/image/ivi.img $(2) $(call file_of,$(ESP_FILES) $(3))
	@tools/mkdisk $$@ $(B)/image/service.img $(B)/image/ivi.img $(2):/EFI/BOOT/BOOTX64.EFI $(ESP_FILES) $(3)
endef

# Changes when another scenario is asked for, which may well be older than the images with the one before.
$(B)/image/plan: FORCE
	@mkdir -p $(@D); echo $(PLAN) | cmp -s - $@ || echo $(PLAN) >$@
$(B)/image/service.img $(B)/image/service.verity $(B)/image/BOOTX64.EFI $(B)/image/disk.img: $(B)/image/plan

DISK := $(B)/image/disk.img
$(eval $(call disk_image,$(DISK),$(B)/image/BOOTX64.EFI,$(B)/scenarios/$(PLAN).bin:/binnacle/scenario.bin))
image: $(DISK)

# The stick of a NUC: the same files with a scenario of its own, and one to fall back to.
STICK := $(B)/nuc/binnacle-nuc.img
$(eval $(call disk_image,$(STICK),$(B)/nuc/BOOTX64.EFI,$(B)/scenarios/nuc.bin:/binnacle/scenario.bin $(B)/scenarios/nuc-recovery.bin:/binnacle/recovery.bin))
nuc-image: $(STICK)

# The KVM peer: the same kernel boots this root directly, no initrd, no verity table needed.
PEER_FOLDERS := tests/peer/rootfs
PEER_FILES += $(B)/tests/guests/bench/bench.elf:/bench.elf $(foreach m,irqbypass kvm kvm-amd,$(B)/kernel/modules/$(m).ko:/usr/lib/binnacle/$(m).ko)
PEER := $(B)/image/peer.img
$(PEER): tests/peer/packages $(MKROOT) $(call files_below,$(PEER_FOLDERS)) $(call file_of,$(PEER_FILES))
	@tar=$$(DEBROOT_VARIANT=extract tools/debroot peer-root tests/peer/packages) && \
	tools/mkroot peer $$tar $@ $(PEER_FOLDERS) $(PEER_FILES)
image: $(PEER)

# The guest of the sound card's tests, as its first disk.
SOUND_ROOT := $(B)/image/sound.img
$(SOUND_ROOT): tests/guests/sound/packages $(MKROOT) $(call files_below,tests/guests/sound/rootfs) $(call file_of,$(SOUND_FILES))
	@tar=$$(DEBROOT_VARIANT=extract tools/debroot sound-root tests/guests/sound/packages) && \
	tools/mkroot sound $$tar $@ tests/guests/sound/rootfs $(SOUND_FILES)
image: $(SOUND_ROOT)
