# SPDX-License-Identifier: BSD-3-Clause
# Bochs with a correction, for the system tests.
$(B)/bochs/bochs: tools/bochs/build
	@mkdir -p $(@D) && ln -sfn $$(tools/bochs/build) $@
