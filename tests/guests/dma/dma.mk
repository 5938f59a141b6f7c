# SPDX-License-Identifier: BSD-3-Clause
# The DMA attack: a kernel module and an initrd that does nothing but load it.
DMA := $(B)/tests/guests/dma
$(DMA)/dma.ko: tests/guests/dma/dma.c tests/guests/dma/Kbuild $(BZIMAGE)
	@$(call kernel-modules,$(DMA),tests/guests/dma/dma.c tests/guests/dma/Kbuild)
$(DMA)/initrd: tests/guests/dma/init $(DMA)/dma.ko
	@rm -rf $(DMA)/root && mkdir -p $(addprefix $(DMA)/root/,bin proc sys dev) && cp /bin/busybox $(DMA)/root/bin/ && cp $^ $(DMA)/root/
	@for a in sh mount insmod sed sleep; do ln -s busybox $(DMA)/root/bin/$$a; done
	@(cd $(DMA)/root && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | lz4 -l -9 -q >$@
