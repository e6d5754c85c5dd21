import fp from 'fastify-plugin'
import { ImageDecoder, type DecoderOptions } from '../server/media/image-decoder.ts'

declare module 'fastify' {
  interface FastifyInstance {
    imageDecoder: ImageDecoder
  }
}

export interface ImagesOptions { images?: DecoderOptions }

export default fp<ImagesOptions>(async function imagesPlugin (fastify, { images }) {
  const decoder = new ImageDecoder(fastify.log, images)
  fastify.decorate('imageDecoder', decoder)
  fastify.release('image decoder', () => decoder.close())
}, { name: 'images', fastify: '5.x', dependencies: ['closing'] })
