/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order of booting: scenario, checks, files, display, memory map, hypervisor. */
#include "image.h"
#include "loader.h"
#include "memory_map.h"

#define RECOVERY_SECONDS 3u

EFI_HANDLE efi_image;

static const char recovery[] = "recovery.bin"; /* the other scenario, where the list has one */
static struct bn_scenario scenario;

EFI_STATUS _entry(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

/* The root of the firmware's ACPI tables; 0: it has none. */
static uint64_t find_rsdp(void)
{
    EFI_GUID acpi2 = ACPI_20_TABLE_GUID, acpi1 = ACPI_TABLE_GUID;
    VOID *root = NULL;

    if (LibGetSystemConfigurationTable(&acpi2, &root) != EFI_SUCCESS)
        (void)LibGetSystemConfigurationTable(&acpi1, &root);
    return (uint64_t)root;
}

/* The scenario, undamaged and fit for this machine, which `info` describes. */
static void read_scenario(const char *name, struct bn_boot_info *info)
{
    struct file file;
    const char *wrong;

    file_read(name, &file);
    wrong = scenario_wrong((const struct bn_scenario *)file.data, file.bytes);
    if (wrong)
        fail("%s: %s", name, wrong);
    __builtin_memcpy(&scenario, file.data, sizeof(scenario));
    file_release(&file);
    console_move(scenario.console_port);
    info->rsdp = find_rsdp();
    screen_now(&info->framebuffer);
    memory_read_map(info);
    if (scenario.flags & BN_SCENARIO_REPORT)
        report_start();
    wrong = machine_misfit(&scenario, info);
    if (scenario.flags & BN_SCENARIO_REPORT)
        report_save();
    if (wrong)
        fail("%s: %s", name, wrong);
}

static void read_hypervisor(struct bn_boot_info *info)
{
    struct file file;

    file_read("hypervisor.bin", &file);
    const char *wrong = image_place(file.data, file.bytes, &scenario.hypervisor, info);

    if (wrong)
        fail("hypervisor.bin %s", wrong);
    file_release(&file);
}

static void read_module(struct bn_boot_info *info, const char *name)
{
    struct file file;

    for (uint32_t i = 0; i < info->module_count; i++)
        if (strncmp(info->module[i].name, name, BN_PATH_BYTES) == 0)
            return;
    if (name[0] == 0)
        return;
    if (info->module_count == BN_BOOT_MAX_MODULES)
        fail("the scenario names more than %u files", BN_BOOT_MAX_MODULES);
    file_read(name, &file);
    struct bn_module *module = &info->module[info->module_count++];

    for (uint32_t i = 0; i < BN_PATH_BYTES - 1 && name[i]; i++)
        module->name[i] = name[i];
    module->base = (uint64_t)file.data;
    module->bytes = file.bytes;
}

/* Boots what the scenario says, or fails. */
static void boot(const char *plan) HV_NORETURN;

static void boot_recovery(void)
{
    boot(recovery);
}

static void boot(const char *plan)
{
    const bool has_recovery = plan != recovery && file_is_listed(recovery);

    /* Its final place is chosen once the scenario's ranges are taken. */
    static struct bn_boot_info early;
    fail_offers(has_recovery ? boot_recovery : NULL);
    read_scenario(plan, &early);
    if (has_recovery && recovery_wanted(RECOVERY_SECONDS))
        boot_recovery();
    fail_offers(NULL); /* what is taken from here on only a restart gives back */
    memory_claim(&scenario);
    read_hypervisor(&early);
    for (uint32_t i = 0; i < scenario.vm_count; i++)
        if (scenario.vm[i].kind != BN_VM_POSTLAUNCHED) {
            read_module(&early, scenario.vm[i].image);
            read_module(&early, scenario.vm[i].initrd);
        }
    struct bn_boot_info *info = (struct bn_boot_info *)memory_pages(sizeof(*info));
    struct bn_scenario *place = (struct bn_scenario *)memory_pages(sizeof(*place));
    *info = early;
    *place = scenario;
    info->low_page = memory_low_page();
    screen_set(&scenario, &info->framebuffer);
    say("hypervisor: %lu KiB at 0x%lx", info->image_bytes >> 10, info->image_base);
    memory_exit_boot_services(info);
    image_enter(info, place);
}

EFI_STATUS _entry(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    efi_image = image;
    /* All that the parts of GNU-EFI's library work with that are used here; its InitializeLib() is
     * in one object with a memcpy() of its own. */
    ST = table;
    BS = table->BootServices;
    console_start(FIRST_CONSOLE);
    say("Binnacle, from the first instruction at TSC %lu", loader_tsc_entry);
    BS->SetWatchdogTimer(0, 0, 0, NULL);
    files_open();
    boot("scenario.bin");
}
