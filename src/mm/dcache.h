/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "mm/filemap.h"

/*
 * The machine's file system as the caches of names see it: small files in directories, each with a
 * dentry and an inode while they are remembered, their data in the page cache, their inodes and
 * directory entries in pages of the disk's own cache. After fs/dcache.c, fs/inode.c, fs/super.c and
 * ext4 (7.2).
 *
 * A file's number is that of its creation; files are never deleted.
 */
struct super_block;

/* Made when first asked for. NULL: host memory. Lives as long as the vm. */
struct super_block *vm_super_block(struct vm *vm);
void vm_super_block_destroy(struct vm *vm);

/* A new directory, and its number. NULL-like: FILE_NO_MEMORY. */
enum file_result vfs_mkdir(struct super_block *sb, struct task_struct *current, u32 *dir);

/* A new file of so many bytes in a directory, and its number. */
enum file_result vfs_create(struct super_block *sb, struct task_struct *current, u32 dir,
			    u64 bytes, u32 *number);

/*
 * Looks a file up by name: through its dentry, or anew from the directory and the inode table, on
 * disk if their pages are gone. Needs vm->disk.
 */
enum file_result vfs_stat(struct super_block *sb, struct task_struct *current, u32 number);

struct super_block_stats {
	u64 files, dentries, inodes;	     /* of files: all, remembered */
	u64 unused_dentries, unused_inodes; /* on the lists that the shrinker looks at */
	u64 extents;			     /* extent status entries */
	u64 hits, misses;		     /* of lookups, by dentry */
	u64 dentries_freed, inodes_freed, extents_freed;
};
void super_block_stats(const struct super_block *sb, struct super_block_stats *stats);
