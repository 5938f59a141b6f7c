# The initrd of the matrix: service VM and guest have the same, but the guest's is inside the service VM's.
MATRIX := $(B)/tests/guests/matrix
MATRIX_APPLETS := sh mount echo dmesg grep cat usleep sleep uname poweroff
MATRIX_REGISTERS := $(B)/tests/guests/registers/registers.elf

$(MATRIX)/initrd: tests/guests/matrix/init tests/guests/matrix/matrix.mk tests/guests/linux.mk $(LINUX_PROGRAMS) $(BZIMAGE) \
		$(MATRIX_REGISTERS)
	@$(call linux-initrds,$(MATRIX),$<,$(MATRIX_APPLETS),$(MATRIX_REGISTERS))
$(MATRIX)/matrix.iso: tools/mkgrub $(LINUX_CD) $(MATRIX)/initrd
	@$(call linux-cd,$@,$(MATRIX)/initrd)
