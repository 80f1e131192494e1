package main

import (
	"encoding/binary"
	"io"
	"os"
	"syscall"
)

const (
	sector = 512
	// Second entry of the partition table: its first sector and its length.
	second = 446 + 16
	// BLKRRPART: the kernel reads the partition table again.
	readPartitions = 0x125f
)

// grow makes the second partition reach the end of the disk, as growpart does in the images of real distributions.
func grow(disk string) error {
	file, err := os.OpenFile(disk, os.O_RDWR|os.O_SYNC, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	table := make([]byte, sector)
	if _, err := io.ReadFull(file, table); err != nil {
		return err
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	first := binary.LittleEndian.Uint32(table[second+8:])
	wanted := uint32(min(end/sector, 1<<32-1)) - first
	if binary.LittleEndian.Uint32(table[second+12:]) >= wanted {
		return nil
	}
	binary.LittleEndian.PutUint32(table[second+12:], wanted)
	if _, err := file.WriteAt(table, 0); err != nil {
		return err
	}
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), readPartitions, 0); failed != 0 {
		return failed
	}
	return nil
}
