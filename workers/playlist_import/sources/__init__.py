"""Where playlists come from: YouTube's pages through yt-dlp, or its Data API; alike from here."""
